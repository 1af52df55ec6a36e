"""A slide's picture without what was written on it: each line gives way to what was there before it came."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Sequence

import av
import cv2
import numpy as np

from app.lectures.slides.looks.frames import FrameSource
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.pictures.ink import fringe, largest, was_drawn, written
from app.lectures.slides.pictures.pieces import Picture
from app.lectures.slides.pictures.shots import Shot

# Lines are looked for in pictures of this width at most; frames held, and their bytes together, at most.
_WIDTH, _MOST_FRAMES, _MOST_BYTES = 1280, 24, 64_000_000
# Seconds between the moments at which a line may be seen half drawn; a longer step is not watched, and no
# more than so many are.
_EVERY_S, _LONGEST_S, _WATCHED = 0.12, 12.0, 3
# Edges of a thumb that are left of a slide at least, and times as many that were written on it at most: on
# an empty page what is written is the content.
_LEFT, _MORE_WRITTEN = 600, 1.5
_THUMB = (640, 360)


def unwritten(source: FrameSource, steps: Sequence[float], picture: Picture, shot: Shot) -> Picture | None:
    """The picture without ink; None: nothing was written on it, or what was is most of what it shows.

    `steps`: seconds, in order, at which the slide was seen before it grew to what the picture (a whole frame,
    from `shot` above all) shows.
    """
    seen = _frames(source, steps, picture)
    if not seen:
        return None
    rows, columns = picture.shape[:2]
    scale = min(1.0, _WIDTH / columns)
    size = (round(columns * scale), round(rows * scale))
    small = [_small(frame, size) for _, frame in seen]
    small.append(np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8))
    masks = written(small, shot.moving_mask(size[::-1]))
    if masks is None or not _is_drawn(source, [*(t for t, _ in seen), shot.t], small, masks):
        return None
    inked = [(frame, mask) for (_, frame), mask in zip(seen, masks, strict=True) if mask.any()]
    del small, seen, masks  # tens of megabytes
    clean = picture.copy()
    ink = np.zeros((rows, columns), bool)
    for frame, mask in inked:
        wide = cv2.resize(fringe(mask).view(np.uint8), (columns, rows), interpolation=cv2.INTER_NEAREST)
        fresh = wide.view(bool) & ~ink
        np.copyto(clean, frame.to_ndarray(format="bgr24"), where=fresh[..., None])
        ink |= fresh
    return clean if _is_a_slide(clean, picture, ink) else None


def _frames(
    source: FrameSource, steps: Sequence[float], picture: Picture
) -> list[tuple[float, av.VideoFrame]]:
    """The frames at some of the steps, as many as fit in memory."""
    most = min(_MOST_FRAMES, max(1, _MOST_BYTES // (picture.size // 2)))
    if len(steps) > most:
        steps = [steps[round(i)] for i in np.linspace(0, len(steps) - 1, most)]
    frames = ((t, source.frame_at(t)) for t in steps)
    return [
        (t, frame)
        for t, frame in frames
        if frame is not None and (frame.height, frame.width) == picture.shape[:2]
    ]


def _small(frame: av.VideoFrame, size: tuple[int, int]) -> Picture:
    return np.asarray(frame.reformat(*size, "bgr24", interpolation="AREA").to_ndarray(), np.uint8)


def _is_drawn(
    source: FrameSource, times: Sequence[float], pictures: Sequence[Picture], masks: Sequence[Mask]
) -> bool:
    """Whether one of the lines is seen half drawn, in the steps that take the shortest to watch."""
    spans = [
        (end_s - start_s, i) for i, (start_s, end_s) in enumerate(itertools.pairwise(times)) if masks[i].any()
    ]
    for length_s, i in sorted(spans)[:_WATCHED]:
        if length_s > _LONGEST_S:
            break
        size = pictures[i].shape[1::-1]
        between = (_small(frame, size) for frame in _spaced(source, times[i], times[i + 1]))
        if was_drawn(pictures[i], pictures[i + 1], largest(masks[i]), between):
            return True
    return False


def _spaced(source: FrameSource, start_s: float, end_s: float) -> Iterator[av.VideoFrame]:
    due_s = start_s
    for t, frame in source.span(start_s, end_s):
        if t >= due_s:
            due_s = t + _EVERY_S
            yield frame


def _is_a_slide(clean: Picture, picture: Picture, ink: Mask) -> bool:
    """Whether enough is left without the ink."""
    left, before = (_thumb(one).edges for one in (clean, picture))
    where = cv2.resize(ink.view(np.uint8), _THUMB, interpolation=cv2.INTER_NEAREST).view(bool)
    shown, written_on = int(np.count_nonzero(left)), int(np.count_nonzero(before & where))
    return shown >= max(_LEFT, written_on / _MORE_WRITTEN)


def _thumb(picture: Picture) -> Look:
    gray = cv2.cvtColor(cv2.resize(picture, _THUMB, interpolation=cv2.INTER_AREA), cv2.COLOR_BGR2GRAY)
    smooth = np.asarray(cv2.GaussianBlur(gray, (3, 3), 0), np.uint8)
    return Look(0.0, smooth, np.zeros(smooth.shape, bool))
