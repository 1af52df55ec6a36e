"""Patches are the same however wide their labels are."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from app.lectures.slides.looks.patches import patches


@pytest.mark.parametrize("shape", [(360, 640), (361, 641), (512, 512), (511, 513), (1, 200_000)])
def test_patches_of_any_size_are_those_that_opencv_finds_with_wide_labels(shape: tuple[int, int]) -> None:
    spots = np.zeros(shape, bool)
    spots[::2, ::2] = True  # as many as there can be
    spots[: shape[0] // 3] = np.random.default_rng(1).random((shape[0] // 3, shape[1])) < 0.3
    for mask in (spots, np.zeros(shape, bool), np.ones(shape, bool)):
        count, labels, stats = patches(mask)
        wide = cv2.connectedComponentsWithStatsWithAlgorithm(
            mask.view(np.uint8), 8, cv2.CV_32S, cv2.CCL_GRANA
        )
        assert count == wide[0]
        assert np.array_equal(labels, wide[1])
        assert np.array_equal(stats, wide[2])
