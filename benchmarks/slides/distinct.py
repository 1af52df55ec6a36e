"""Were the slides found: each image is compared with every view that there was.

Right is the first image of a slide with all its builds shown. A second one is a duplicate, an earlier build
step is partial, and what looks like no slide is junk; these three count against precision. Pictures are
compared as the slide kit compares them: levels after a fit of gain and offset choose the view, the likeness
of edges decides whether it is one at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.slides.transitions import Count

Json = Mapping[str, Any]
Plane = NDArray[np.float32]
_WIDTH, _HEIGHT = 480, 270
_EDGE_MOST, _LEVEL_MOST = 160, 60  # beyond these a difference is no worse
# Correlation of edges from which on a picture is a slide; a camera's view is softer and partly covered.
_LIKE, _LIKE_FILMED = 0.75, 0.5
_BEFORE_END_S = 0.2
_BURST_S = 0.3  # an interval without image and shorter than this is part of one fade


@dataclass(frozen=True)
class Look:
    levels: Plane
    edges: Plane

    @classmethod
    def of(cls, picture: NDArray[Any]) -> Look:
        """Of a picture in BGR or grey, of any size."""
        grey = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY) if picture.ndim == 3 else picture
        small = cv2.resize(grey, (_WIDTH, _HEIGHT), interpolation=cv2.INTER_AREA)
        levels = np.asarray(cv2.GaussianBlur(small, (0, 0), 0.8), np.float32)
        across, down = cv2.Sobel(levels, cv2.CV_32F, 1, 0), cv2.Sobel(levels, cv2.CV_32F, 0, 1)
        return cls(levels, np.minimum(np.hypot(across, down), _EDGE_MOST).astype(np.float32))

    def compare(self, view: View) -> tuple[float, float]:
        """(mean difference of levels, correlation of edges) where the view has no moving picture."""
        mine, other = self.levels[view.keep], view.look.levels[view.keep]
        spread = mine.std()
        gain = np.clip(other.std() / spread, 0.7, 1.4) if spread > 1 else 1.0
        fitted = (mine - np.median(mine)) * gain + np.median(other)
        difference = float(np.minimum(np.abs(fitted - other), _LEVEL_MOST).mean())
        a, b = self.edges[view.keep], view.look.edges[view.keep]
        a, b = a - a.mean(), b - b.mean()
        norm = float(np.sqrt((a * a).sum() * (b * b).sum()))
        return difference, float((a * b).sum()) / norm if norm else 0.0


@dataclass(frozen=True)
class View:
    slide_id: str
    full: bool
    look: Look
    keep: NDArray[np.bool_]


@dataclass(frozen=True)
class DistinctScore:
    count: Count
    predicted: int
    duplicates: int
    partial: int
    junk: int
    twins_apart: int
    twins: int
    missed: tuple[str, ...]
    verdicts: dict[str, str]  # of each predicted slide: found, duplicate, partial or junk, and of what


def views(truth: Json, folder: Path) -> list[View]:
    """Every view of every slide, the clean slide included."""
    made = []
    for slide in truth["slides"]:
        keep = np.ones((_HEIGHT, _WIDTH), np.bool_)
        for x, y, w, h in slide.get("mask", []):
            rows = slice(int(y * _HEIGHT), int((y + h) * _HEIGHT) + 1)
            keep[rows, int(x * _WIDTH) : int((x + w) * _WIDTH) + 1] = False
        for step, name in enumerate([*slide["views"], slide["image"]]):
            full = step >= slide["n_builds"] - 1
            made.append(View(slide["slide_id"], full, Look.of(_read(folder / name)), keep))
    return made


def score(
    truth: Json, truth_folder: Path, listing: Sequence[Json], folder: Path, video: Path
) -> DistinctScore:
    """`listing` holds {start_s, end_s, slide_id?, image?, frame_s?}; what has the same slide_id is one slide.

    Without images the frames are taken from the video: at `frame_s`, or shortly before the interval's end.
    """
    groups: dict[str, list[Json]] = {}
    for number, row in enumerate(listing):
        if row["end_s"] - row["start_s"] >= _BURST_S or row.get("image"):
            groups.setdefault(str(row.get("slide_id", row.get("image", f"#{number}"))), []).append(row)
    images = {
        key: next((row["image"] for row in rows if row.get("image")), None) for key, rows in groups.items()
    }
    seconds = {key: _picture_s(rows[0]) for key, rows in groups.items() if images[key] is None}
    frames = grab(video, set(seconds.values())) if seconds else {}
    known = views(truth, truth_folder)
    like = _LIKE_FILMED if truth.get("params", {}).get("filmed") else _LIKE
    found: dict[str, str] = {}
    verdicts: dict[str, str] = {}
    for key in groups:
        name = images[key]
        picture = cv2.imread(str(folder / name)) if name is not None else frames.get(seconds[key])
        verdicts[key] = "junk" if picture is None else _verdict(Look.of(picture), known, like)
        kind, _, slide_id = verdicts[key].partition(" ")
        if kind == "found" and slide_id in found:
            verdicts[key] = f"duplicate {slide_id}"
        elif kind == "found":
            found[slide_id] = key
    one_of = _one_of(truth, truth_folder)
    twins = _twins(truth, one_of)
    seen = {one_of[slide_id] for slide_id in found}
    kinds = [verdict.partition(" ")[0] for verdict in verdicts.values()]
    missed = tuple(slide["slide_id"] for slide in truth["slides"] if slide["slide_id"] not in found)
    return DistinctScore(
        count=Count(len(found), len(groups) - len(found), len(missed)),
        predicted=len(groups),
        duplicates=kinds.count("duplicate"),
        partial=kinds.count("partial"),
        junk=kinds.count("junk"),
        twins_apart=sum(a in seen and b in seen for a, b in twins),
        twins=len(twins),
        missed=missed,
        verdicts=verdicts,
    )


def own_frames(truth: Json) -> list[Json]:
    """A listing that knows all: of each slide the recording's own frame shortly before its last visit ends.

    What it scores is about the most that one frame a slide can: a speaker's box may hide so much of a plain
    slide that the frame is nearer to another, and of slides that look the same one alone can be found.
    """
    visits = [one for one in truth["segments"] if one["kind"] == "slide"]
    last = {one["slide_id"]: one for one in visits}
    return [
        {**{k: one[k] for k in ("slide_id", "start_s", "end_s")}, "frame_s": one["end_s"] - _BEFORE_END_S}
        for one in last.values()
    ]


def _one_of(truth: Json, folder: Path) -> dict[str, str]:
    """For each slide the first one that looks the same to the pixel: itself, as a rule.

    The kit changes a line of a slide that shows none, now and then: nobody can tell such a pair apart.
    """
    first: dict[bytes, str] = {}
    return {
        slide["slide_id"]: first.setdefault(_read(folder / slide["image"]).tobytes(), slide["slide_id"])
        for slide in truth["slides"]
    }


def _twins(truth: Json, one_of: Mapping[str, str]) -> list[tuple[str, str]]:
    """Slides with the one that each is a twin of, if anything of it looks different at all."""
    near = {slide["slide_id"]: slide["near_of"] for slide in truth["slides"] if slide.get("near_of")}
    pairs = [(one_of[slide_id], one_of[other]) for slide_id, other in near.items()]
    return [(one, other) for one, other in pairs if one != other]


def _verdict(look: Look, known: Iterable[View], like: float) -> str:
    compared = [(*look.compare(view), view) for view in known]
    _, edges, view = min(compared, key=lambda row: row[0])
    if edges < like:
        return "junk"
    return f"{'found' if view.full else 'partial'} {view.slide_id}"


def _picture_s(row: Json) -> float:
    start, end = float(row["start_s"]), float(row["end_s"])
    return float(row.get("frame_s", max(start, end - min(0.8, 0.3 * (end - start)))))


def grab(video: Path, seconds: Iterable[float]) -> dict[float, NDArray[np.uint8]]:
    """The frames (BGR) that are shown at these seconds."""
    taken: dict[float, NDArray[np.uint8]] = {}
    with av.open(str(video)) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        base = float(stream.time_base or 1)
        for second in sorted(seconds):
            wanted = int((second + (stream.start_time or 0) * base) / base)
            container.seek(max(0, wanted), stream=stream, backward=True)
            shown = None
            for frame in container.decode(stream):
                if shown is not None and frame.time is not None and frame.time > second + 1e-3:
                    break
                shown = frame
            if shown is not None:
                taken[second] = np.asarray(shown.to_ndarray(format="bgr24"), np.uint8)
    return taken


def _read(path: Path) -> NDArray[Any]:
    picture = cv2.imread(str(path))
    if picture is None:
        raise FileNotFoundError(path)
    return picture
