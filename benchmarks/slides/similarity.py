"""How like the clean slide each written image is: SSIM (Wang, Bovik, Sheikh & Simoncelli, 2004) on luma."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

# Both pictures are compared at this width, the clean slide's aspect ratio kept.
_WIDTH = 960
_WINDOW, _SIGMA = (11, 11), 1.5
_C1, _C2 = (0.01 * 255) ** 2, (0.03 * 255) ** 2
# A slide counts as found when its image was in view for this share of its own time.
_OVERLAP = 0.3

Interval = tuple[float, float]


def ssim(first: NDArray[np.uint8], second: NDArray[np.uint8]) -> float:
    """Mean structural similarity, -1..1, of two (rows, columns) pictures of luma of the same shape."""
    a, b = first.astype(np.float64), second.astype(np.float64)
    mean_a, mean_b = _blur(a), _blur(b)
    var_a, var_b = _blur(a * a) - mean_a**2, _blur(b * b) - mean_b**2
    both = _blur(a * b) - mean_a * mean_b
    score = ((2 * mean_a * mean_b + _C1) * (2 * both + _C2)) / (
        (mean_a**2 + mean_b**2 + _C1) * (var_a + var_b + _C2)
    )
    return float(score.mean())


def _blur(values: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(cv2.GaussianBlur(values, _WINDOW, _SIGMA), np.float64)


def image_ssim(written: Path, clean: Path) -> float:
    """SSIM of two image files at a common size; 0 when the written one cannot be read."""
    picture = cv2.imread(str(written), cv2.IMREAD_GRAYSCALE)
    slide = cv2.imread(str(clean), cv2.IMREAD_GRAYSCALE)
    if slide is None:
        raise FileNotFoundError(clean)
    if picture is None:
        return 0.0
    size = (_WIDTH, round(_WIDTH * slide.shape[0] / slide.shape[1]))
    a, b = (np.asarray(_resized(p, size), np.uint8) for p in (picture, slide))
    return ssim(a, b)


def _resized(picture: Any, size: tuple[int, int]) -> Any:
    shrinks = picture.shape[1] >= size[0]
    return cv2.resize(picture, size, interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC)


def slide_similarities(truth_json: Path, listing_json: Path) -> dict[str, float]:
    """SSIM for each true slide that was found: with the image in view for most of its time.

    `truth_json` is the kit's truth, `listing_json` a `slides.json` (see `write_listing`); images are looked
    up beside each. Slides whose time no listed slide covers for 30 % are left out.
    """
    truth = json.loads(truth_json.read_text(encoding="utf-8"))
    shown: dict[str, list[Interval]] = {}
    for row in json.loads(listing_json.read_text(encoding="utf-8")):
        shown.setdefault(row["image"], []).append((row["start_s"], row["end_s"]))
    found: dict[str, float] = {}
    for slide in truth["slides"]:
        spans = [(float(start), float(end)) for start, end in slide["intervals"]]
        shares = {image: _overlap(spans, rows) for image, rows in shown.items()}
        best = max(shares, key=lambda image: shares[image], default=None)
        if best is not None and shares[best] >= _OVERLAP * sum(end - start for start, end in spans):
            found[slide["slide_id"]] = image_ssim(
                listing_json.parent / best, truth_json.parent / slide["image"]
            )
    return found


def _overlap(spans: list[Interval], others: list[Interval]) -> float:
    """Seconds that two lists of intervals share."""
    return sum(max(0.0, min(e, f) - max(s, t)) for s, e in spans for t, f in others)
