"""A cover that is drawn off a slide bit by bit: a shade, an empty box whose picture comes later.

Whatever its colour, it is flat: of the edges that were there only its own border goes, while what is beside
it stays. Where it was the commonest brightness may be another afterwards, and dark panels may show.
"""

from __future__ import annotations

import cv2
import numpy as np

from app.lectures.slides.compare.strokes import WIDEST_STROKE
from app.lectures.slides.looks.look import Look, Mask

# What is no wider is a stroke, no cover; its border, with what it cuts through, reaches so far (pixels).
_WIDER = np.ones((WIDEST_STROKE, WIDEST_STROKE), np.uint8)
_BORDER = np.ones((9, 9), np.uint8)
# Edges that stay, at least; that come; and that may go besides.
_STAY, _COME, _GO = 150, 60, 26


def curtain_drawn(a: Look, b: Look, changed: Mask, still: Mask) -> bool:
    """Whether all that `changed` between two looks, where they are `still`, was under a flat cover before."""
    wide = cv2.morphologyEx(changed.view(np.uint8), cv2.MORPH_OPEN, _WIDER)
    if not wide.any():
        return False
    cover = cv2.morphologyEx(wide, cv2.MORPH_CLOSE, _WIDER)
    border = (cv2.dilate(cover, _BORDER) - cv2.erode(cover, _BORDER)).view(bool)
    before, after = a.edges & still, b.edges & still
    gone = before & (changed | cover.view(bool)) & ~border
    if int(np.count_nonzero(gone)) >= _GO:
        return False
    stays, comes = int(np.count_nonzero(before & ~changed)), int(np.count_nonzero(after & changed))
    return stays >= _STAY and comes >= _COME
