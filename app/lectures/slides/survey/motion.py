"""What moves by itself: the speaker's box, an embedded video, a presenter, sensor noise.

A fraction of a second is decoded here and there ("probe"); what changes within it is motion, since
slides stand still and cursors are small.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import cv2
import numpy as np

from app.lectures.slides.compare.noise import Noise, differs
from app.lectures.slides.compare.places import POINTER_HEIGHT, POINTER_WIDTH
from app.lectures.slides.looks.frames import Gray
from app.lectures.slides.looks.look import Mask
from app.lectures.slides.looks.patches import patches

PROBE_S = 0.45
# Times its size that a pointer on its way is seen to go.
_TRAVELS = 1.5
# Share of what moves in each step that does so in all of them: of a pointer on its way, at most.
_ON_THE_SPOT = 0.8
_JOIN_POINTER = np.ones((3, 3), np.uint8)
_JOIN_COARSE = np.ones((5, 5), np.uint8)
# Pixels by which all boxes together may reach beyond what moved, at most.
_ROUND_BOX = 32
# After joining, in pixels of a thumb: a pointer stays below, the smallest speaker's box is above.
SMALLEST_BOX = 2500
# Percentage of the moments that count for the noise: films take up many, but not nearly all.
_QUIETEST = 20
_LOUD_NOISE = 2.5
# Luma by which the whole picture gets brighter or darker when it fades.
_FADES = 8.0
# Luma by which noise is believed to change a pixel, at most: grey text on white changes one by more.
_LOUDEST = 60
# Pixels by which edges wander, median, in a camera's picture; told from pairs in which some pixels differ,
# by more than coding does, but not most: those are cuts.
_SWAY, _SWAY_LUMA, _SWAY_PIXELS = 0.06, 12, (1e-4, 0.12)
# Spread of a dissolve's steps relative to the largest; for things that move it is near 1 or above.
_EVEN_STEPS = 0.5
# Share of the changes that a cut between two thumbs makes; what moves does so in several.
_AT_ONCE = 0.9
# Shares of the picture in motion boxes: below the first it shows a slide, above the second none.
_LIVELY, _ALIVE = 0.12, 0.5
# Share of a still background that has about one brightness, on a slide.
_PLAIN = 0.3


def fills_picture(moved: Mask, gray: Gray) -> bool:
    """Whether this shows somebody or something filmed rather than a slide with something moving on it.

    Around a video on a slide there is the slide's plain background; behind a presenter hardly two places
    have the same brightness.
    """
    _, _, width, height = cv2.boundingRect(moved.view(np.uint8))
    if (width + _ROUND_BOX) * (height + _ROUND_BOX) < _LIVELY * moved.size:
        return False  # whatever boxes there are in so small a part
    moving = boxes(moved, SMALLEST_BOX)
    share = int(np.count_nonzero(moving)) / moving.size
    if share < _LIVELY or share > _ALIVE:
        return share > _ALIVE
    still = (~moving).view(np.uint8)
    levels = np.ravel(cv2.calcHist([gray], [0], still, [256], [0, 256])) / np.count_nonzero(still)
    return float(np.convolve(levels, np.ones(5), "same").max()) < _PLAIN


def boxes(moved: Mask, smallest: int = 0) -> Mask:
    """The moving pixels joined into filled bounding boxes, without those up to `smallest` pixels."""
    filled = np.zeros(moved.shape, bool)
    for rows, columns in box_slices(moved, smallest):
        filled[rows, columns] = True
    return filled


def box_slices(moved: Mask, smallest: int = 0) -> list[tuple[slice, slice]]:
    """The same boxes one by one, as (rows, columns)."""
    # A quarter of the resolution is enough for boxes, at a sixteenth of the work.
    rows, columns = moved.shape
    coarse = cv2.resize(moved.astype(np.uint8) * 255, (columns // 4, rows // 4), interpolation=cv2.INTER_AREA)
    joined = cv2.dilate((coarse > 0).astype(np.uint8), _JOIN_COARSE)
    count, _, stats = patches(joined)
    return [
        (slice(4 * y, 4 * (y + height)), slice(4 * x, 4 * (x + width)))
        for x, y, width, height, area in stats[1:count].tolist()
        if 16 * area > smallest
    ]


def steps_of(thumbs: Sequence[Gray], noise: Noise) -> list[Mask]:
    """For each pair of neighbours the pixels that change by more than noise."""
    return [differs(one, other, noise) for one, other in itertools.pairwise(thumbs)]


def at_once(steps: Sequence[Mask]) -> bool:
    """Whether nearly all that changes does so in one step: a cut, however few bytes it took."""
    changed = [int(np.count_nonzero(step)) for step in steps]
    return len(steps) > 1 and max(changed) > _AT_ONCE * sum(changed)


def in_steps(steps: Sequence[Mask], least: int) -> Mask:
    """Pixels that change in at least `least` of the steps."""
    counts = np.zeros(steps[0].shape, np.uint8)
    for step in steps:
        cv2.add(counts, step.view(np.uint8), dst=counts)  # 255 at most
    found: Mask = counts >= least
    return found


def wandered(thumbs: Sequence[Gray]) -> Mask:
    """Pixels that went to and fro rather than from one level to another, as at a cut or in a dissolve."""
    way = np.zeros(thumbs[0].shape, np.uint16)
    for one, other in itertools.pairwise(thumbs):
        way += np.asarray(cv2.absdiff(one, other), np.uint8)
    there: Mask = way > 2 * cv2.absdiff(thumbs[0], thumbs[-1]).astype(np.uint16)
    return there


def is_pointer(steps: Sequence[Mask]) -> bool:
    """Whether all that moves is one small thing on its way: in each step it leaves a place for another."""
    largest = 2 * np.array((POINTER_WIDTH, POINTER_HEIGHT))
    for step in steps:
        if np.count_nonzero(step) > 2 * largest.prod():
            return False
        # With a rim for the dilation: what changed is a small part of the picture.
        left, top, width, height = cv2.boundingRect(step.view(np.uint8))
        part = step[max(0, top - 1) : top + height + 1, max(0, left - 1) : left + width + 1]
        joined = cv2.dilate(part.view(np.uint8), _JOIN_POINTER)
        count, _, stats = patches(joined)
        sides = stats[1:, [cv2.CC_STAT_WIDTH, cv2.CC_STAT_HEIGHT]]
        if count - 1 > 2 or (sides > largest).any():
            return False
    # A mouth goes on moving where it is.
    _, _, width, height = cv2.boundingRect(in_steps(steps, 1).view(np.uint8))
    if width <= _TRAVELS * POINTER_WIDTH and height <= _TRAVELS * POINTER_HEIGHT:
        return False
    least = min(int(np.count_nonzero(step)) for step in steps)
    return int(np.count_nonzero(in_steps(steps, len(steps)))) <= _ON_THE_SPOT * least


def is_dissolve(thumbs: Sequence[Gray], moved: Mask) -> bool:
    """Whether the moving pixels all change by even steps, as when one picture fades into another."""
    if len(thumbs) < 3 or not moved.any():
        return False
    levels = np.stack([thumb[moved] for thumb in thumbs]).astype(np.int16)
    steps = np.diff(levels, axis=0)
    steps *= np.sign(levels[-1] - levels[0]).astype(np.int16)
    unevenness = (steps.max(0) - steps.min(0)) / np.maximum(np.abs(steps).max(0), 1)
    return float(np.median(unevenness)) < _EVEN_STEPS


def measure_noise(bursts: Sequence[Sequence[Gray]], camera: bool | None = None) -> Noise:
    """The noise of the picture from short bursts of thumbs taken here and there in the recording.

    A camera is told by its sway: edges wander by fractions of a pixel, those of a screen never do. (Sensor
    noise tells less, encoders wash it out.) `camera`: whether it is one, when its sway is known.
    """
    levels: list[float] = []
    shifts: list[float] = []
    lively: list[float] = []  # of moments that show no slide: who sits before a camera sways without it
    for thumbs in bursts:
        if len(thumbs) < 2:
            continue
        first, last = thumbs[0], thumbs[-1]
        differs = cv2.absdiff(first, last)
        # Every clip of a film made of some may begin with a key frame in the middle of a fade.
        fades = abs(float(first.mean()) - float(last.mean())) > _FADES or is_dissolve(
            thumbs, differs > _SWAY_LUMA
        )
        if not fades:
            levels.append(float(np.percentile(differs, 60)))
        sways = _SWAY_PIXELS[0] < float((differs > _SWAY_LUMA).mean()) < _SWAY_PIXELS[1]
        fills = sways and fills_picture(in_steps(steps_of(thumbs, Noise()), 1), last)
        (lively if fills else shifts).append(shift(first, last) if sways else 0.0)
    if len(shifts) < 2:
        shifts += lively
    level = float(np.percentile(levels, _QUIETEST)) if levels else 0.0
    swayed = len(shifts) > 1 and float(np.median(shifts)) > _SWAY if camera is None else camera
    filmed = swayed or level > _LOUD_NOISE
    return Noise(threshold=min(max(22, round(5 * level + 14)), _LOUDEST), reach=1 if filmed else 0)


def shift(first: Gray, last: Gray) -> float:
    """Pixels by which the second is shifted."""
    before, after = first.astype(np.float32), last.astype(np.float32)
    far, _ = cv2.phaseCorrelate(before, after)
    # Where it pads to an odd number of pixels, OpenCV finds half a pixel between a picture and itself.
    none, _ = cv2.phaseCorrelate(before, before)
    return float(np.hypot(far[0] - none[0], far[1] - none[1]))
