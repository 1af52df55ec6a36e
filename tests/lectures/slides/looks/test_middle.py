"""Medians of pictures are those of NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from app.lectures.slides.looks.middle import median, middles


@pytest.mark.parametrize("count", range(1, 11))
def test_medians_of_few_and_many_pictures(count: int) -> None:
    rng = np.random.default_rng(count)
    pictures = [rng.integers(0, 256, (9, 16), dtype=np.uint8) for _ in range(count)]
    given = [picture.copy() for picture in pictures]

    exact = np.median(pictures, axis=0)
    lower, upper = middles(pictures)

    assert np.array_equal((lower.astype(np.float64) + upper) / 2, exact)
    assert np.array_equal(median(pictures), exact.astype(np.uint8))
    assert np.array_equal(pictures, given)
