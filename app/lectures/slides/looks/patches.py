"""Patches: pixels of a mask that hang together, at their sides or corners."""

from __future__ import annotations

from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray


def patches(mask: NDArray[Any]) -> tuple[int, NDArray[np.int32], NDArray[np.int32]]:
    """How many labels there are, each pixel's (0: none), and for each label OpenCV's statistics.

    By Grana's method (2010): the same labels in the same order as OpenCV's own choice, which takes twice as
    long to count their pixels (5.0).
    """
    count, labels, stats, _ = cv2.connectedComponentsWithStatsWithAlgorithm(
        mask.view(np.uint8), 8, cv2.CV_32S, cv2.CCL_GRANA
    )
    return count, np.asarray(labels, np.int32), np.asarray(stats, np.int32)
