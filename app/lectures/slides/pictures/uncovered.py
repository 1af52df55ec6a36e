"""What a speaker's box hides of a slide, found in a look at the same slide with the box elsewhere or gone."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from app.lectures.slides.compare.noise import Noise, differs
from app.lectures.slides.compare.relation import moving_parts
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.looks.patches import patches
from app.lectures.slides.pictures.shots import Shot, shot_with

# Pixels of a thumb that the smallest box has; share of its rectangle that hangs together and moves, and that
# differs: whoever keeps still is still there.
_SMALLEST, _RECTANGULAR, _ANOTHER = 2500, 0.8, 0.5
# Pixels about a box that are its shadow, or smeared by coding.
_RIM = 4
# Looks at a slide that add to its picture: each is another frame to decode.
_MOST = 2


def uncover(shown: Look, others: Sequence[Look], already: Sequence[Shot] = ()) -> tuple[Shot, ...]:
    """Shots of looks at the same slide in which what hides it in `shown` is not there, the first ones first.

    Such a shot hides everything else: it is laid over the slide's picture as it is. What `already` do that
    for is not looked for again. For screens; all looks are of one shape.
    """
    if len(already) >= _MOST or not shown.moving.any():
        return ()
    found: list[Shot] = []
    open_now = np.zeros(shown.gray.shape, bool)
    for shot in already:
        open_now |= ~shot.mask(shown.gray.shape)
    for other in others:
        if len(already) + len(found) >= _MOST:
            break
        opened = _opened(shown, other) & ~open_now
        if np.count_nonzero(opened) >= _SMALLEST:
            found.append(shot_with(other, opened))
            open_now |= opened
    return tuple(found)


def _opened(shown: Look, other: Look) -> Mask:
    """The boxes of the first look under which the other one shows the slide."""
    opened = np.zeros(shown.gray.shape, bool)
    changed = differs(shown.gray, other.gray, Noise())
    moving = moving_parts(changed, shown.moving | other.moving)
    count, _, stats = patches(moving)
    for left, top, width, height, area in stats[1:count].tolist():
        box = (slice(top, top + height), slice(left, left + width))
        if area < max(_SMALLEST, _RECTANGULAR * width * height) or other.moving[box].any():
            continue
        if shown.moving[box].any() and float(changed[box].mean()) >= _ANOTHER:
            opened[box] = True
    rim = cv2.dilate(opened.view(np.uint8), np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)).view(bool)
    return rim & ~other.moving
