"""From a frame to the slide alone: where its outline is in this very frame, and the rectangle made of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.place.outline import Points, refined, steepness
from app.lectures.slides.place.region import Region

# Of the width: how far the outline may have moved since it was found.
_FARTHEST = 0.02
_REACH = 4.0
# Aspect ratios that slides have, and the factor by which a view at an angle may miss them.
_ASPECTS, _ASPECT_SLACK = (16 / 9, 16 / 10, 4 / 3), 1.09
# Percentile that is white on a slide that has any; share of the recording's white that makes it white.
_WHITEST, _WHITE_AT_LEAST = 99.5, 0.8
# A room lifts black by at most this luma (what is brighter is a dark design), a camera lowers contrast by at
# most this factor.
_BLACK_AT_MOST, _MOST_GAIN = 24.0, 1.6
# Share of a slide in which black is told from its own pixels (bars beside a page of another shape); luma by
# which noise and the glow of what is beside it lift it at most. No dark design is as near to black.
_MUCH_BLACK, _EVEN_BLACK = 0.05, 10


def tracked(region: Region, gray: Gray) -> Points:
    """Corners of the slide in this picture (of luma, some 640 pixels wide), in its pixels.

    A camera on a tripod sways and is bumped into: the outline shifts as a whole, and no farther than a
    little. Where it cannot be seen it is taken to be where it was.
    """
    rows, columns = gray.shape
    corners = region.points(columns, rows)
    shift = np.median(refined(corners, *steepness(gray), reach=_REACH) - corners, axis=0)
    if np.abs(shift).max() > _FARTHEST * columns:
        shift = np.zeros(2)
    moved: Points = corners + shift
    return moved


def straighten(picture: NDArray[np.uint8], corners: Points, width: int, height: int) -> NDArray[np.uint8]:
    """The quadrilateral with these corners (from the top left, clockwise) as an upright rectangle."""
    target = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32) - 0.5
    matrix = cv2.getPerspectiveTransform(corners.astype(np.float32), target)
    shrinks = width < np.linalg.norm(corners[1] - corners[0])
    flat = cv2.warpPerspective(
        picture,
        matrix,
        (width, height),
        flags=cv2.INTER_LINEAR if shrinks else cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return np.asarray(flat, np.uint8)


def upright_size(corners: Points) -> tuple[int, int]:
    """(width, height) in pixels of the straightened slide: no smaller than its longer sides.

    Seen at an angle a slide's proportions change a little: the usual ones are preferred.
    """
    top, right, bottom, left = np.linalg.norm(np.roll(corners, -1, 0) - corners, axis=1).tolist()
    width, height = max(top, bottom), max(left, right)
    measured = (top + bottom) / (left + right)
    aspect = min(_ASPECTS, key=lambda usual: abs(np.log(usual / measured)))
    if 1 / _ASPECT_SLACK < aspect / measured < _ASPECT_SLACK:
        width, height = max(width, height * aspect), max(height, width / aspect)
    return round(width / 2) * 2, round(height / 2) * 2


def evened_out(picture: NDArray[np.uint8], region: Region) -> NDArray[np.uint8]:
    """The straightened picture (BGR) with the slide's black black and its white white again.

    The room's light lifts black, and no camera exposes white for white; how far is the same for all slides
    of a recording, but for the exposure of the moment.
    """
    small = cv2.resize(picture, None, fx=0.25, fy=0.25, interpolation=cv2.INTER_AREA)
    luma = cv2.cvtColor(small, cv2.COLOR_BGR2GRAY)
    white = float(np.percentile(luma, _WHITEST))
    exposure = white / region.white if white > _WHITE_AT_LEAST * region.white else 1.0
    black = _noisy_black(picture, min(region.black * exposure, _BLACK_AT_MOST))
    gain = min(255 / max(region.white * exposure - black, 1.0), _MOST_GAIN)
    return np.asarray(
        cv2.convertScaleAbs(np.maximum(picture, round(black)), alpha=gain, beta=-gain * black), np.uint8
    )


def _noisy_black(picture: NDArray[np.uint8], black: float) -> float:
    """The brightest that black is, noise included, where much of a picture is black; else `black`."""
    luma = cv2.cvtColor(np.ascontiguousarray(picture[::4, ::4]), cv2.COLOR_BGR2GRAY)
    dark = luma[luma <= black + _EVEN_BLACK]
    return float(np.percentile(dark, 98)) if dark.size > _MUCH_BLACK * luma.size else black
