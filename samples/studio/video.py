"""What the camera saw: slides, cross-fades, mouse pointer and presenter, encoded with the sound."""

from __future__ import annotations

import math
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Literal

import av
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw

from studio.slides import Picture
from studio.speech import Sound
from studio.timeline import PointerPath, Timeline, Visit

BT709 = 1
POINTER = ((0, 0), (0, 17), (4, 13.3), (6.6, 19.3), (9.2, 18.1), (6.6, 12.2), (12, 12))
PRESENTER_WIDTH = 0.17  # of the picture's width


class Scene:
    """Draws the picture at any second; `key` tells when two seconds look the same."""

    def __init__(
        self, line: Timeline, views: dict[tuple[str, int], Picture], loud: npt.NDArray[np.float64], fps: int
    ) -> None:
        self.line, self.views, self.loud, self.fps = line, views, loud, fps
        self.height, self.width = next(iter(views.values())).shape[:2]

    def key(self, second: float) -> tuple[str, int] | None:
        """(slide, build) while the picture stands still, None while something moves."""
        visit = self._visit(second)
        moving = (
            second < visit.start_s + visit.fade_s
            or any(path.start_s <= second < path.end_s for path in self.line.pointers)
            or any(start <= second < end for start, end in self.line.presenter)
        )
        return None if moving else (visit.slide_id, _build(visit, second))

    def picture(self, second: float) -> Picture:
        visit = self._visit(second)
        picture = self.views[visit.slide_id, _build(visit, second)]
        if second < visit.start_s + visit.fade_s:
            before = self.line.visits[self.line.visits.index(visit) - 1]
            share = (second - visit.start_s) / visit.fade_s
            old = self.views[before.slide_id, before.builds[-1][1]]
            picture = np.asarray(np.rint(old * (1 - share) + picture * share), dtype=np.uint8)
        image = Image.fromarray(picture)
        if any(start <= second < end for start, end in self.line.presenter):
            self._draw_presenter(image, second)
        for path in self.line.pointers:
            if path.start_s <= second < path.end_s:
                self._draw_pointer(image, path, second)
        return np.asarray(image)

    def _visit(self, second: float) -> Visit:
        return next(visit for visit in reversed(self.line.visits) if visit.start_s <= second + 1e-6)

    def _draw_pointer(self, image: Image.Image, path: PointerPath, second: float) -> None:
        where = (second - path.start_s) / (path.end_s - path.start_s) * (len(path.points) - 1)
        leg = min(int(where), len(path.points) - 2)
        eased = (1 - math.cos(math.pi * (where - leg))) / 2
        (x0, y0), (x1, y1) = path.points[leg], path.points[leg + 1]
        x, y = (x0 + (x1 - x0) * eased) * self.width, (y0 + (y1 - y0) * eased) * self.height
        scale = self.height / 600
        outline = [(x + px * scale, y + py * scale) for px, py in POINTER]
        ImageDraw.Draw(image).polygon(outline, fill="black", outline="white", width=max(1, round(scale)))

    def _draw_presenter(self, image: Image.Image, second: float) -> None:
        """A head and shoulders that sway and speak, with the grain of a web camera."""
        width = int(self.width * PRESENTER_WIDTH)
        height = width * 3 // 4
        box = Image.new("RGB", (width * 2, height * 2), "#57606f")
        pen = ImageDraw.Draw(box)
        pen.rectangle((0, 0, width * 0.55, height * 2), fill="#6d5f52")
        sway = math.sin(second * 0.9) * 14 + math.sin(second * 2.3) * 6
        nod = math.sin(second * 1.7) * 7
        x, y = width + sway, height * 0.92 + nod
        pen.ellipse((x - 250, height * 1.42 + nod / 2, x + 250, height * 3), fill="#27405f")
        pen.rectangle((x - 42, y + 70, x + 42, height * 1.52), fill="#c79b7b")
        pen.ellipse((x - 104, y - 150, x + 104, y + 130), fill="#3a2a20")
        pen.ellipse((x - 92, y - 112, x + 92, y + 128), fill="#dcb08f")
        blink = 3 if second % 3.7 < 0.12 else 11
        for side in (-38, 38):
            pen.ellipse((x + side - 10, y - 18 - blink, x + side + 10, y - 18 + blink), fill="#2a211c")
        mouth = 4 + 26 * self.loud[min(int(second * self.fps), len(self.loud) - 1)]
        pen.ellipse((x - 32, y + 62 - mouth, x + 32, y + 62 + mouth), fill="#7c3b3b")
        small = np.asarray(box.resize((width, height), Image.Resampling.LANCZOS)).astype(np.int16)
        grain = np.random.default_rng(int(second * self.fps)).normal(0, 3, (height, width, 1))
        pixels = np.clip(small + grain, 0, 255).astype(np.uint8)
        image.paste(Image.fromarray(pixels), (self.width - width - 24, self.height - height - 24))


def _build(visit: Visit, second: float) -> int:
    return [build for start, build in visit.builds if start <= second + 1e-6][-1]


def write(
    target: Path, scene: Scene, track: Sound, rate: int, *, fps: int, duration_s: float, scenecut: bool
) -> None:
    """Encode as MP4: H.264 with a key frame at least every 8 s, AAC mono at 64 kbit/s."""
    with av.open(str(target), "w", options={"movflags": "+faststart"}) as container:
        video = container.add_stream("libx264", rate=fps)
        video.width, video.height, video.pix_fmt = scene.width, scene.height, "yuv420p"
        video.options = {"crf": "21", "preset": "fast", "g": str(8 * fps)}
        if not scenecut:
            video.options |= {"sc_threshold": "0"}
        context = video.codec_context
        context.colorspace, context.color_primaries, context.color_trc = BT709, BT709, BT709
        audio = container.add_stream("aac", rate=48000, layout="mono")
        audio.bit_rate = 64_000
        for sound in _sound_frames(track, rate):
            container.mux(audio.encode(sound))
        container.mux(audio.encode(None))
        for picture in _picture_frames(scene, fps, duration_s):
            container.mux(video.encode(picture))
        container.mux(video.encode(None))


def copy_stream(source: Path, target: Path, kind: Literal["audio", "video"]) -> None:
    """The sound ("audio") or the picture ("video") of a recording alone, not encoded again."""
    with av.open(str(source)) as recording, av.open(str(target), "w", format="mp4") as container:
        stream = recording.streams.get({kind: 0})[0]
        copy = container.add_stream_from_template(stream)
        for packet in recording.demux(stream):
            if packet.dts is not None:
                packet.stream = copy
                container.mux(packet)


def _picture_frames(scene: Scene, fps: int, duration_s: float) -> Iterator[av.VideoFrame]:
    planes, known = None, None
    for number in range(round(duration_s * fps)):
        key = scene.key(number / fps)
        if planes is None or key is None or key != known:
            rgb = av.VideoFrame.from_ndarray(scene.picture(number / fps), format="rgb24")
            planes = rgb.reformat(format="yuv420p", dst_colorspace="ITU709").to_ndarray()
        known = key
        frame = av.VideoFrame.from_ndarray(planes, format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, fps)
        yield frame


def _sound_frames(track: Sound, rate: int) -> Iterator[av.AudioFrame]:
    resampler = av.AudioResampler(format="fltp", layout="mono", rate=48000)
    for first in range(0, len(track), rate):
        piece = np.ascontiguousarray(track[first : first + rate]).reshape(1, -1)
        frame = av.AudioFrame.from_ndarray(piece, format="fltp", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, first, Fraction(1, rate)
        yield from resampler.resample(frame)
    yield from resampler.resample(None)
