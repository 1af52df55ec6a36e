"""Reading a window's bars: the top and the foot of a frame, where there is small print on even ground."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from types import TracebackType

import numpy as np
from PIL import Image

from app.lectures.model import TextLine
from app.lectures.ocr import SlideReader
from app.lectures.slides.compare.noise import Noise, differs
from app.lectures.slides.distinct.program_words import Window, asks_for_search, tells_time, window_of
from app.lectures.slides.looks.frames import FrameSource, Gray
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.looks.packets import PacketIndex
from app.lectures.slides.looks.patches import patches

# Parts of the width in which something small is looked for: how high and large, in shares of the
# picture's height, and how small, in pixels.
_PARTS = 8
_SMALL, _LARGE, _LEAST = 0.033, 0.25, 2
# Luma from a row's median that is still its ground.
_GROUND = 10
# Pixels that may differ in bars that were read before (a pointer over them may hide the address), but for the
# last part of the width: there a clock goes on, or a page has its number. So many are read at most.
_SPECKS, _MOST_READ = 12, 60
# Edges in bars, in pixels, and the share of them by which bars are known where something pops up before them.
# (Of other bars a tenth may be the same.)
_FEWEST_EDGES, _SAME = 120, 0.6
# Pixels of width at which small print is large enough to be read, and largest letters of it.
_WIDTH, _LARGEST = 2400, 0.032
# A clock is read by itself, larger.
_CLOCK_FROM, _CLOCK_WIDTH = 0.75, 900


@dataclass(frozen=True)
class _Place:
    """Where bars are, as shares of the height: what is judged and compared, and what is read."""

    judged: tuple[float, float]
    read: tuple[float, float]
    even: float  # share that is ground, at least
    filled: int  # parts of the width with something small, at least

    def rows(self, look: Look) -> slice:
        return slice(*(round(share * len(look.gray)) for share in self.judged))


_TOP = _Place((0, 0.09), (0, 0.14), 0.6, 3)
_FOOT = _Place((0.965, 1), (0.94, 1), 0.2, 4)


@dataclass(frozen=True, eq=False)
class Bars:
    """A part of a look that may be a window's bars."""

    place: _Place
    gray: Gray
    edges: Mask

    @classmethod
    def of(cls, look: Look, place: _Place) -> Bars:
        rows = place.rows(look)
        return cls(place, look.gray[rows], look.edges[rows])

    def is_seen_in(self, other: Bars, noise: Noise) -> bool:
        """Whether most of what is in these bars is in others, too, at the same place."""
        count = int(np.count_nonzero(self.edges))
        if self.place is not other.place or count < _FEWEST_EDGES:
            return False
        same = self.edges & other.edges & ~differs(self.gray, other.gray, noise)
        return int(np.count_nonzero(same)) >= _SAME * count


class BarReader:
    """Tells windows by their bars. Opens the recording, and the engine that reads, when first needed."""

    def __init__(self, path: Path, packets: PacketIndex, noise: Noise, language: str = "eng") -> None:
        self._path, self._packets, self._noise, self._language = path, packets, noise, language
        self._source: FrameSource | None = None
        self._reader: SlideReader | None = None
        self._known: list[tuple[_Place, Gray, Window | None]] = []

    def __enter__(self) -> BarReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for opened in (self._source, self._reader):
            if opened is not None:
                opened.__exit__(kind, error, trace)

    def window(self, look: Look) -> Window | None:
        """The window that a look shows, if its bars say so.

        Raises BadConfiguration where there are bars to read and no data to recognise text with.
        """
        return self._window(look, _TOP) or self._window(look, _FOOT)

    def _window(self, look: Look, place: _Place) -> Window | None:
        if not _has_bars(look, place):
            return None
        bars = look.gray[place.rows(look)]
        bars = bars[:, : bars.shape[1] * (_PARTS - 1) // _PARTS]
        for its_place, known, window in self._known:
            if its_place is place and np.count_nonzero(differs(known, bars, self._noise)) <= _SPECKS:
                return window
        if len(self._known) >= _MOST_READ:
            return None
        window = self._told(look.t, place)
        self._known.append((place, bars, window))
        return window

    def _told(self, time_s: float, place: _Place) -> Window | None:
        picture = self._picture(time_s)
        if picture is None:
            return None
        if place is _TOP:
            return window_of(self._lines(picture, place, 0.0, _WIDTH))
        if tells_time(self._lines(picture, place, _CLOCK_FROM, _CLOCK_WIDTH)):
            return Window.PROGRAM
        return Window.PROGRAM if asks_for_search(self._lines(picture, place, 0.0, _WIDTH)) else None

    def _picture(self, time_s: float) -> Image.Image | None:
        if self._source is None:
            self._source = FrameSource(self._path, self._packets)
        frame = self._source.frame_at(time_s)
        return None if frame is None else Image.fromarray(frame.to_ndarray(format="gray"))

    def _lines(self, picture: Image.Image, place: _Place, left: float, width: int) -> list[TextLine]:
        """Small print from a share of the width on, enlarged to `width` pixels, from above."""
        top, bottom = place.read
        full = picture.width, picture.height
        box = (round(left * full[0]), round(top * full[1]), full[0], round(bottom * full[1]))
        scale = max(1.0, width / (box[2] - box[0]))
        size = round((box[2] - box[0]) * scale), round((box[3] - box[1]) * scale)
        if self._reader is None:
            self._reader = SlideReader(self._language)
        found = self._reader.lines(picture.crop(box).resize(size, Image.Resampling.BICUBIC))
        most = _LARGEST * full[1] * scale
        small = [line for line in found if np.median([word.height for word in line.words]) <= most]
        return sorted(small, key=lambda line: line.words[0].y)


def bars_of(look: Look) -> list[Bars]:
    """The look's top and foot, where these may be bars."""
    return [Bars.of(look, place) for place in (_TOP, _FOOT) if _has_bars(look, place)]


def _has_bars(look: Look, place: _Place) -> bool:
    """Whether there may be a window's bars: small print here and there, on even ground."""
    rows = place.rows(look)
    bars, edges = look.gray[rows], look.edges[rows]
    ground = np.abs(bars.astype(np.int16) - np.median(bars, axis=1, keepdims=True)) <= _GROUND
    if ground.mean() < place.even:
        return False
    _, _, stats = patches(edges)
    left, top, width, height, _ = stats[1:].T
    small = (np.maximum(width, height) <= _LARGE * len(look.gray)) & (np.minimum(width, height) >= _LEAST)
    if place is _TOP:  # what is no more than begun there is none of theirs: a title
        small &= (top + height < len(edges)) & (height <= _SMALL * len(look.gray))
    return len(set(left[small] * _PARTS // edges.shape[1])) >= place.filled
