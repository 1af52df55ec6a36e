"""One picture of a slide from several frames, each with what stands before the slide marked."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.look import Mask

Picture = NDArray[np.uint8]

# Brightness by which a pixel is off the mean when something unmarked passes, and views it takes to tell;
# how near the farthest view has to be to be off as well.
_OFF, _FEWEST_VIEWS, _FARTHEST = 28, 3, 0.7
# Rows at once, so that pictures of any size take little memory on the way.
_BAND = 256
# Exposure that differs by more than this factor between two frames of a slide is something else.
_MOST_GAIN = 1.5


def patched(pictures: Sequence[Picture], hidden: Sequence[Mask]) -> Picture:
    """The first picture, where it is hidden the first other that is not. For screens: nothing is mixed."""
    whole, missing = pictures[0].copy(), hidden[0].copy()
    for picture, mask in zip(pictures[1:], hidden[1:], strict=True):
        use = missing & ~mask
        np.copyto(whole, picture, where=use[..., None])
        missing &= mask
    return whole


def averaged(pictures: Sequence[Picture], hidden: Sequence[Mask]) -> Picture:
    """The mean of what each picture shows: a camera's noise goes down.

    Where no picture shows the slide the first one is kept. What is far off the mean in one picture only, as
    a laser spot, is left out. Pictures are (rows, columns, BGR), of one shape and exposure.
    """
    whole = pictures[0].copy()
    for top in range(0, len(whole), _BAND):
        band = slice(top, top + _BAND)
        _average([picture[band] for picture in pictures], [mask[band] for mask in hidden], whole[band])
    return whole


def _average(pictures: Sequence[Picture], hidden: Sequence[Mask], whole: Picture) -> None:
    mean, views = _mean(pictures, hidden)
    if len(pictures) >= _FEWEST_VIEWS:
        far = [
            np.where(mask, 0, cv2.absdiff(picture, mean).max(2))
            for picture, mask in zip(pictures, hidden, strict=True)
        ]
        # One that is off draws the mean towards it, so that the others seem to be off by less.
        least = np.maximum(_FARTHEST * np.maximum.reduce(far), _OFF)
        out = [(views >= _FEWEST_VIEWS) & (distance > least) for distance in far]
        mean, views = _mean(pictures, [mask | off for mask, off in zip(hidden, out, strict=True)])
    np.copyto(whole, mean, where=(views > 0)[..., None])


def _mean(pictures: Sequence[Picture], hidden: Sequence[Mask]) -> tuple[Picture, NDArray[np.uint8]]:
    total = np.zeros(pictures[0].shape, np.uint16)
    views = np.zeros(pictures[0].shape[:2], np.uint8)
    for picture, mask in zip(pictures, hidden, strict=True):
        shown = ~mask
        np.add(total, picture, out=total, where=shown[..., None])
        views += shown
    count = np.maximum(views, 1).astype(np.uint16)[..., None]
    return ((total + count // 2) // count).astype(np.uint8), views


def exposed_like(picture: Picture, like: Picture, shown: Mask) -> Picture:
    """The picture at the other's exposure, by the median ratio of what both show (`shown`)."""
    rows, columns = (slice(None, None, 4),) * 2
    a, b = (cv2.cvtColor(p[rows, columns], cv2.COLOR_BGR2GRAY) for p in (picture, like))
    use = shown[rows, columns] & (a > 25) & (b > 25)
    if not use.any():
        return picture
    gain = float(np.median(b[use].astype(np.float32) / a[use]))
    if not 1 / _MOST_GAIN < gain < _MOST_GAIN:
        return picture
    return np.asarray(cv2.convertScaleAbs(picture, alpha=gain), np.uint8)
