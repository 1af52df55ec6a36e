"""What slides and pages look like, and how well one shows the other once laid over it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

Grey = NDArray[np.uint8]
Edges = NDArray[np.float32]

_WIDTH = 640  # pixels at which pictures are compared: text of 20 px on 1920 is still a line of its own
_BLUR = 1.5  # pixels, standard deviation: what a recording may be off by, and its softness
_THUMB = (64, 48)
_TELLING = 4.0  # strength of edges by which two pages must differ somewhere to be told apart
_AROUND = 9  # pixels: what stands beside a difference gives its scale
_FEATURES = 500
_ALIKE_BITS = 56  # of 256, Hamming distance; ORB features of different things differ in 90 to 160
_NO_FEATURES = np.zeros((0, 32), np.uint8)
_FEWEST_MATCHES = 12
_FITS = 0.85  # correlation from which on no better way to lay a slide over a page is looked for
_LEAST_SHARE = 0.3  # of the slide's picture, in each direction, that a page laid on it must cover


@dataclass(frozen=True)
class Look:
    grey: Grey  # (rows, 640)
    edges: Edges  # of the same shape
    points: NDArray[np.float32]  # (n, 2) x, y of its ORB features …
    features: NDArray[np.uint8]  # … (n, 32)

    @property
    def size(self) -> tuple[int, int]:
        """Columns, rows."""
        return self.grey.shape[1], self.grey.shape[0]


def read_look(path: Path) -> Look | None:
    """None if the picture cannot be read."""
    picture = cv2.imread(str(path), cv2.IMREAD_GRAYSCALE)
    if picture is None or min(picture.shape[:2]) < 8:
        return None
    rows = max(8, min(4 * _WIDTH, round(picture.shape[0] * _WIDTH / picture.shape[1])))
    grey = np.asarray(cv2.resize(picture, (_WIDTH, rows), interpolation=cv2.INTER_AREA), np.uint8)
    keys, features = cv2.ORB.create(_FEATURES).detectAndCompute(grey, None)
    points = np.array([key.pt for key in keys], np.float32).reshape(-1, 2)
    return Look(grey, _edges(grey), points, np.asarray(features if len(keys) else _NO_FEATURES, np.uint8))


def thumb(look: Look) -> Edges:
    """A unit vector of where its edges are, whatever its shape; cheap to compare with thousands."""
    return _small(look.edges)


def fitted_thumb(look: Look, size: tuple[int, int]) -> Edges:
    """As `thumb`, of the part of a slide that a page of this size fills if it is fitted into the slide."""
    x, y, width, height = _fitted(look.size, size)
    return _small(look.edges[y : y + height, x : x + width])


def likeness(slide: Look, page: Look) -> float:
    """-1..1: correlation of edges, with the slide laid over the page in the way that fits best.

    Tried: stretched over all of it, fitted in with bars beside it, and by common features (a homography:
    cropped, filmed or shown in a window).
    """
    return max(_correlation(laid, page.edges) for laid in _laid_over(slide, page))


def closer(slide: Look, one: Look, other: Look) -> float:
    """Above 0 if the slide shows `one`, below if `other`, judged where these two pages differ alone."""
    if one.size != other.size:
        return likeness(slide, one) - likeness(slide, other)
    first, second = one.edges, other.edges
    laid = max(_laid_over(slide, one), key=lambda way: _correlation(way, first))
    apart = np.abs(first - second)
    if apart.max() < _TELLING:
        return 0.0
    differing = (apart > 0.25 * apart.max()).astype(np.uint8)
    around = cv2.dilate(differing, np.ones((_AROUND, _AROUND), np.uint8)) > 0
    return _correlation(laid[around], first[around]) - _correlation(laid[around], second[around])


def contains(whole: Look, part: Look) -> bool:
    """Whether all that is drawn on `part` stands on `whole`, too: an earlier step of its build."""
    if whole.size != part.size:
        return False
    before, after = cv2.Canny(part.grey, 40, 120) > 0, cv2.Canny(whole.grey, 40, 120)
    near = cv2.dilate(after, np.ones((3, 3), np.uint8)) > 0
    return bool(before.sum() <= 1.02 * (after > 0).sum() and (before & ~near).sum() <= 0.01 * before.sum())


def _laid_over(slide: Look, page: Look) -> Iterator[Edges]:
    """The slide's edges in the page's coordinates, the likelier ways first, until one fits."""
    ways = [(0, 0, *slide.size)]
    if (fitted := _fitted(slide.size, page.size)) != ways[0]:
        ways.append(fitted)
    for x, y, width, height in ways:
        part = slide.grey[y : y + height, x : x + width]
        if part.shape == page.grey.shape:
            laid = slide.edges[y : y + height, x : x + width]
        else:
            laid = _edges(np.asarray(cv2.resize(part, page.size, interpolation=cv2.INTER_AREA), np.uint8))
        yield laid
        if _correlation(laid, page.edges) > _FITS:
            return
    found = _homography(slide, page)
    if found is not None:
        yield _edges(np.asarray(cv2.warpPerspective(slide.grey, found, page.size), np.uint8))


def _fitted(outer: tuple[int, int], inner: tuple[int, int]) -> tuple[int, int, int, int]:
    scale = min(outer[0] / inner[0], outer[1] / inner[1])
    width, height = (max(1, min(outer[i], round(inner[i] * scale))) for i in (0, 1))
    return (outer[0] - width) // 2, (outer[1] - height) // 2, width, height


def _homography(slide: Look, page: Look) -> NDArray[np.float64] | None:
    """From the slide's pixels to the page's; None if few features agree or they agree on nonsense."""
    if min(len(slide.features), len(page.features)) < _FEWEST_MATCHES:
        return None
    pairs = cv2.BFMatcher(cv2.NORM_HAMMING, crossCheck=True).match(slide.features, page.features)
    pairs = [pair for pair in pairs if pair.distance <= _ALIKE_BITS]
    if len(pairs) < _FEWEST_MATCHES:  # most pages that are not the slide's end here, cheaply
        return None
    source = slide.points[[pair.queryIdx for pair in pairs]]
    target = page.points[[pair.trainIdx for pair in pairs]]
    cv2.setRNGSeed(1)  # RANSAC draws at random; the same pictures shall give the same match
    found, agreeing = cv2.findHomography(source, target, cv2.RANSAC, 4.0, maxIters=500, confidence=0.99)
    if found is None or int(agreeing.sum()) < _FEWEST_MATCHES or abs(np.linalg.det(found)) < 1e-9:
        return None
    columns, rows = page.size
    corners = np.array([[[0, 0], [columns, 0], [columns, rows], [0, rows]]], np.float32)
    on_slide = cv2.perspectiveTransform(corners, np.linalg.inv(found))[0]
    if not np.isfinite(on_slide).all() or not cv2.isContourConvex(on_slide.astype(np.float32)):
        return None
    spread = np.ptp(on_slide, axis=0) / slide.size
    return np.asarray(found, np.float64) if (spread > _LEAST_SHARE).all() and (spread < 2).all() else None


def _edges(grey: Grey) -> Edges:
    soft = cv2.GaussianBlur(grey.astype(np.float32), (0, 0), 1.0)
    across, down = cv2.Sobel(soft, cv2.CV_32F, 1, 0), cv2.Sobel(soft, cv2.CV_32F, 0, 1)
    strength = np.minimum(cv2.magnitude(across, down), 200.0)  # a bold line is no more than a line
    return np.asarray(cv2.GaussianBlur(strength, (0, 0), _BLUR), np.float32)


def _small(edges: Edges) -> Edges:
    small = cv2.resize(edges, _THUMB, interpolation=cv2.INTER_AREA)
    return _unit(np.asarray(small, np.float32)).ravel()


def _unit(edges: Edges) -> Edges:
    centred = edges - edges.mean()
    unit: Edges = (centred / max(float(np.linalg.norm(centred)), 1e-6)).astype(np.float32)
    return unit


def _correlation(one: Edges, other: Edges) -> float:
    return float((_unit(one) * _unit(other)).sum())
