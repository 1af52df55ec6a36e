"""A recording again and again, with its truth: hours that are quickly rendered."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import av

_PICTURES = ("slides", "views")


def repeat(folder: Path, minutes: float, out: Path) -> Path:
    """Write what `generate` wrote to `folder` to `out`, as often as fits; returns the truth.json.

    Packets of the picture are copied, so each time is as the first. The sound is left out: slides are looked
    for in the picture alone.
    """
    truth = json.loads((folder / "truth.json").read_text(encoding="utf-8"))
    out.mkdir(parents=True, exist_ok=True)
    for name in _PICTURES:
        shutil.copytree(folder / name, out / name, dirs_exist_ok=True)
    times = max(1, round(minutes * 60 / truth["duration_s"]))
    part = out / "video.part.mp4"
    once_s = _copy(folder / truth["video"], part, times)
    part.rename(out / "video.mp4")
    segments = [_later(segment, i * once_s) for i in range(times) for segment in truth["segments"]]
    told = truth | {"video": "video.mp4", "duration_s": once_s * times, "times": times}
    told |= {"segments": _merged(segments), "encoded_frames": truth["encoded_frames"] * times}
    for slide in told["slides"]:
        seen = (s for s in told["segments"] if s["slide_id"] == slide["slide_id"])
        slide["intervals"] = [[s["start_s"], s["end_s"]] for s in seen]
    path = out / "truth.json"
    path.write_text(json.dumps(told, indent=1) + "\n", encoding="utf-8")
    return path


def _copy(video: Path, to: Path, times: int) -> float:
    """Seconds that it lasts once."""
    with av.open(str(to), "w", options={"movflags": "+faststart"}) as written:
        offset = 0
        for _ in range(times):
            with av.open(str(video)) as read:
                stream = read.streams.video[0]
                if not written.streams:
                    target = written.add_stream_from_template(stream)
                    target.time_base = stream.time_base
                length = 0
                for packet in read.demux(stream):
                    if packet.dts is None or packet.pts is None:
                        continue
                    length = max(length, packet.pts + (packet.duration or 0))
                    packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
                    packet.stream = target
                    written.mux(packet)
                offset += length
        assert stream.time_base is not None
        return float(length * stream.time_base)


def _later(segment: dict[str, Any], by_s: float) -> dict[str, Any]:
    moved = segment | {key: round(segment[key] + by_s, 4) for key in ("start_s", "end_s")}
    if "builds" in segment:
        moved["builds"] = [_later(build, by_s) for build in segment["builds"]]
    return moved


def _merged(segments: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """A slide that is last and first again is shown once, for longer."""
    rows: list[dict[str, Any]] = []
    for segment in segments:
        if rows and segment["slide_id"] and rows[-1]["slide_id"] == segment["slide_id"]:
            rows[-1]["end_s"] = segment["end_s"]
            rows[-1]["builds"] += segment["builds"]
        else:
            rows.append(segment)
    return rows
