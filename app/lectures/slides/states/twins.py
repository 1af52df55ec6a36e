"""Near-twins before a camera: a number gives way to another, and nothing else changes.

In one look that is less than a camera's noise and its sway, or a laser spot. In pictures put together from
seconds of looks neither is left: those of one slide hardly differ at all, and those of twins in one place.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import cv2
import numpy as np

from app.lectures.slides.compare.exposure import evened
from app.lectures.slides.compare.noise import FEWEST, Noise, differs
from app.lectures.slides.compare.places import Places
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.pictures.plate import Plate

# Seconds of looks that are put together: a spot seldom rests on a word for so long, and not for twice that.
TOGETHER_S = 2.0
# Places in which two pictures that lie on one another differ, at most: a program names a number in some.
# Where more than a few do, most have to be such a number's: else it is what moves.
_MOST_PLACES, _FEW_PLACES = 6, 3
# Pixels that got darker, and brighter, in such a place, and share that the fewer are of the others: what is
# put before a slide, or written on it, changes it one way.
_FEWEST_EACH, _EVEN = 10, 0.15
_RIM = 2
# Batches of looks that a twin has to be seen in; and that are remembered, for somebody may hide the place.
_CONFIRMED, _REMEMBERED = 3, 6
# Share of the places that has to be seen in a look to tell which of two slides it shows.
_SEEN = 0.5


def number_changed(a: Look, b: Look, noise: Noise) -> Mask | None:
    """Where text gave way to text between two looks, each put together from many; None: nowhere."""
    b = evened(b, a)
    changed: Mask = differs(a.gray, b.gray, noise) & ~a.moving & ~b.moving
    if int(np.count_nonzero(changed)) < FEWEST:
        return None
    places = Places(a, b, changed)
    if len(places.small) > _MOST_PLACES or not places.low.all():
        return None
    found, numbers = np.zeros_like(changed), 0
    for i in range(len(places.small)):
        place, own = places.patch(i)
        part = cv2.dilate(own.view(np.uint8), np.ones((2 * _RIM + 1, 2 * _RIM + 1), np.uint8)).view(bool)
        darker, brighter = (
            int(np.count_nonzero((cv2.subtract(one, other) > noise.threshold) & part))
            for one, other in ((a.gray[place], b.gray[place]), (b.gray[place], a.gray[place]))
        )
        if min(darker, brighter) >= max(_FEWEST_EACH, _EVEN * max(darker, brighter)):
            found[place] |= own
            numbers += 1
    if len(places.small) > _FEW_PLACES and 2 * numbers <= len(places.small):
        return None
    return found if int(np.count_nonzero(found)) >= FEWEST else None


@dataclass(frozen=True, eq=False)
class Turn:
    """That a state was another slide's twin from `looks[0]` on; `before` is what it had shown."""

    before: Look
    looks: list[Look]
    at_s: float  # midway between the last look at the one and the first at the other


@dataclass(frozen=True, eq=False)
class _Batch:
    shown: Look  # what the state looked like at its beginning
    seen: Look  # what it shows itself
    looks: list[Look]  # empty once it is past


@dataclass
class TwinWatch:
    """Follows a state of a filmed recording, some seconds of looks at a time. Holds three times as many."""

    _batches: list[_Batch] = field(default_factory=list)
    _now: list[Look] = field(default_factory=list)
    _shown: Look | None = None

    def see(self, look: Look, shown: Look, noise: Noise) -> Turn | None:
        """Take in a look at a state that looked like `shown` before it. A turn is told seconds later."""
        if self._shown is None:
            self._shown = shown
        self._now.append(look)
        if look.t - self._now[0].t < TOGETHER_S:
            return None
        batches = [*self._batches, _Batch(self._shown, _together(self._now), self._now)]
        past = [_Batch(batch.shown, batch.seen, []) for batch in batches[:-_CONFIRMED]]
        self._batches = [*past, *batches[-_CONFIRMED:]][-_REMEMBERED:]
        self._shown, self._now = None, []
        return self._turn(noise) if len(batches) >= _CONFIRMED else None

    def interrupt(self) -> None:
        """The state seemed to grow: somebody walked out of the way, if it did not."""
        self._shown, self._now = None, []

    def _turn(self, noise: Noise) -> Turn | None:
        # It came in the first one of these and is there in both of the others.
        first, second, third = self._batches[-_CONFIRMED:]
        changed = number_changed(first.shown, third.seen, noise)
        if changed is None:
            return None
        lasting = number_changed(first.shown, second.seen, noise)
        if lasting is None or not (lasting & changed).any():
            return None
        looks = [look for batch in self._batches for look in batch.looks or [batch.seen]]
        i, last_s = _first_after(looks, changed, first.shown, third.seen)
        if not 0 < i < len(looks):
            return None
        # Such a change is nothing in the stream of packets.
        return Turn(first.shown, looks[i:], (last_s + looks[i].t) / 2)


def _together(looks: list[Look]) -> Look:
    plate = Plate(looks[0])
    for look in looks[1:]:
        plate.add(look)
    return plate.look()


def _first_after(looks: list[Look], changed: Mask, before: Look, after: Look) -> tuple[int, float]:
    """Which of the looks is the first that shows what comes after, as all do from there on; and when what was
    there before was seen last (at the first look, if in none)."""
    first = len(looks)
    for i in range(len(looks) - 1, -1, -1):
        seen = changed & ~looks[i].moving
        if np.count_nonzero(seen) < _SEEN * np.count_nonzero(changed):
            continue  # somebody is before it
        gray = evened(looks[i], before).gray
        near, far = (float(cv2.absdiff(gray, other.gray)[seen].mean()) for other in (after, before))
        if near >= far:
            return first, looks[i].t
        first = i
    return first, looks[0].t
