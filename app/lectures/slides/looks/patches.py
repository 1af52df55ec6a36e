"""Patches: pixels of a mask that hang together, at their sides or corners."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# A patch takes four pixels at least, gaps included: so many hold no more patches than two bytes can count.
_FEW_PIXELS = 4 * 0xFFFE


def patches(mask: NDArray[Any]) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    """How many labels there are, each pixel's (0: none), and for each label OpenCV's statistics.

    By Grana's method (2010): the same labels in the same order as OpenCV's own choice, which takes twice as
    long to count their pixels (5.0). Labels of two bytes, where they suffice, take a third of the time.
    """
    # Rows and columns beyond an even number begin patches of their own.
    rows, columns = (side + side % 2 for side in mask.shape)
    few = rows * columns <= _FEW_PIXELS
    count, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask.view(np.uint8), 8, cv2.CV_16U if few else cv2.CV_32S, cv2.CCL_GRANA
    )
    return count, np.asarray(labels, np.int32), np.asarray(stats, np.int32)
