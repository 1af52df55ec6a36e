"""A figure redrawn larger: a graph that was laid out anew, columns that were scaled anew for more of them.

Hardly an edge of it stays, as if another slide had come. But what is written around it stays to the letter,
and the figure takes more strokes than before. Letters are told from figures by their height. (Two slides of
one heading, each with a figure that has no lettering, are taken for one if the second has more in it.)
"""

from __future__ import annotations

import cv2
import numpy as np

from app.lectures.slides.compare.strokes import wiped
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.looks.patches import patches

# Pixels of a thumb: nothing lower is a figure, no letter is as high. Share of its outline that changes when
# it is drawn anew.
_LOWEST, _REDRAWN = 45, 0.2
# Share of what came that is drawn, not written.
_DRAWN = 0.6
# Edges by which a heading is known; strokes that may go all the same; times as many edges.
_HEADING, _FEW_STROKES, _GREW = 150, 26, 1.2
_JOIN = np.ones((3, 3), np.uint8)


def figure_grew(a: Look, b: Look, changed: Mask, still: Mask) -> bool:
    """Whether all that `changed` between two looks, where they are `still`, is a figure that grew."""
    before, after = a.edges & still, b.edges & still
    lost, gained = int(np.count_nonzero(before & changed)), int(np.count_nonzero(after & changed))
    if gained < _GREW * lost:
        return False
    figures = _redrawn(before, changed)
    if np.count_nonzero(after & changed & _redrawn(after, changed)) < _DRAWN * gained:
        return False
    if np.count_nonzero(before & ~changed & ~figures) < _HEADING:
        return False
    went = wiped(a.gray, b.gray, changed & still) & ~figures
    return int(np.count_nonzero(went)) < _FEW_STROKES


def _redrawn(edges: Mask, changed: Mask) -> Mask:
    """The figures of which much of the outline changed, with what is within them."""
    joined = cv2.dilate(edges.view(np.uint8), _JOIN)
    count, labels, stats = patches(joined)
    outline = np.bincount(labels[edges], minlength=count)
    other = np.bincount(labels[edges & changed], minlength=count)
    high = (stats[:, cv2.CC_STAT_HEIGHT] >= _LOWEST) & (other > _REDRAWN * outline)
    high[0] = False
    shapes = high[labels].view(np.uint8)
    contours, _ = cv2.findContours(shapes, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    cv2.drawContours(shapes, contours, -1, 1, cv2.FILLED)
    found: Mask = shapes.view(bool)
    return found
