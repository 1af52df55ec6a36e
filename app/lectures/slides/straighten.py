"""From a frame to the slide alone: where its outline is in this very frame, and the rectangle made of it."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from app.lectures.slides.frames import Gray
from app.lectures.slides.region import Points, Region, refined, steepness

# Of the width: how far the outline may have moved since it was found.
_FARTHEST = 0.02
_REACH = 4.0
# Aspect ratios that slides have, and the factor by which a view at an angle may miss them.
_ASPECTS, _ASPECT_SLACK = (16 / 9, 16 / 10, 4 / 3), 1.09


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
