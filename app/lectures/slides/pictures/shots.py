"""Which frames a slide's picture is made from: as few as show all of it between them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np

from app.lectures.model import Blob, Value
from app.lectures.slides.compare.places import POINTER_HEIGHT
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.looks.middle import median
from app.lectures.slides.looks.patches import patches

# Cells of the grid in which something foreign is marked (columns, rows).
_GRID = (80, 45)
# Frames for a picture: of a screen, and of a camera, whose noise is averaged away.
_MOST, _MOST_FILMED = 3, 5
# Luma by which a pointer or a hand stands out from what is there otherwise.
_FOREIGN = 30
_RIM = np.ones((7, 7), np.uint8)
# What another view of a place is worth, once there are so many.
_WORTH = np.array([1.0, 0.25, 0.15, 0.08, 0.04, 0.0])
# What it costs, in the same coin, to decode for a second from the key frame before.
_COST = 0.006
# Seconds between two frames of a picture: closer ones have the same noise and the same lecturer.
_APART_S = 0.5
_MOST_SEEN = 200


class Shot(Value):
    """A frame, what of it not to use, and where something moves: a bit for each cell of the grid, by rows."""

    t: float
    hidden: Blob
    moving: Blob = b""  # nothing does

    def mask(self, shape: tuple[int, ...]) -> Mask:
        """What not to use of a (rows, columns) picture."""
        return _spread(self.hidden, shape)

    def moving_mask(self, shape: tuple[int, ...]) -> Mask | None:
        """Where something moves in a (rows, columns) picture; None: nowhere."""
        return _spread(self.moving, shape) if self.moving else None


def _spread(cells: bytes, shape: tuple[int, ...]) -> Mask:
    bits = np.unpackbits(np.frombuffer(cells, np.uint8), count=_GRID[0] * _GRID[1]).reshape(_GRID[::-1])
    return np.asarray(cv2.resize(bits, shape[1::-1], interpolation=cv2.INTER_NEAREST)).astype(bool)


def shot_of(look: Look, foreign: Mask) -> Shot:
    """What is foreign hidden, to whole cells."""
    moving = np.packbits(_cells(look.moving)).tobytes() if look.moving.any() else b""
    return Shot(t=look.t, hidden=np.packbits(_cells(foreign)).tobytes(), moving=moving)


def shot_with(look: Look, wanted: Mask) -> Shot:
    """What is wanted of a look, to whole cells, and nothing else."""
    return Shot(t=look.t, hidden=np.packbits(~_cells(wanted)).tobytes())


def _cells(mask: Mask) -> Mask:
    """The cells of the grid that some of the mask lies in."""
    touched: Mask = cv2.resize(mask.astype(np.uint8) * 255, _GRID, interpolation=cv2.INTER_AREA) > 0
    return touched


def screen_shots(album: Sequence[Look], clearest: Look) -> tuple[Shot, ...]:
    """The clearest look, and others for what a pointer hides in it.

    Foreign is what differs from the median of all looks of a slide, and is no speaker's box. Where a pointer
    rested for most of the time the median has it, and what differs has not.
    """
    if len(album) < 3:
        return (shot_of(clearest, np.zeros(clearest.gray.shape, bool)),)
    usual = Look(clearest.t, median([look.gray for look in album]), clearest.moving)

    def foreign(look: Look) -> Mask:
        differs = (cv2.absdiff(look.gray, usual.gray) > _FOREIGN) & ~look.moving
        found = cv2.dilate(differs.view(np.uint8), _RIM).view(bool)
        count, labels, stats = patches(found)
        for label, (left, top, width, height, _) in enumerate(stats[1:count].tolist(), start=1):
            part = (slice(top, top + height), slice(left, left + width))
            own = labels[part] == label
            of_pointer = max(width, height) < POINTER_HEIGHT + len(_RIM)
            if of_pointer and _is_plainer(look, usual, part, own):
                found[part] &= ~own
        return found

    left = foreign(clearest)
    shots = [shot_of(clearest, left)]
    others = {look.t: (look, foreign(look)) for look in album if look is not clearest}
    while left.any() and others and len(shots) < _MOST:
        hidden = {t: int(np.count_nonzero(left & mask)) for t, (_, mask) in others.items()}
        best = min(others, key=lambda t: (hidden[t], not others[t][0].key, -t))
        if hidden[best] == np.count_nonzero(left):
            break
        look, mask = others.pop(best)
        shots.append(shot_of(look, mask))
        left &= mask
    return tuple(shots)


def _is_plainer(look: Look, other: Look, part: tuple[slice, slice], own: Mask) -> bool:
    """Whether a look has fewer edges than another in some pixels of a part: something lies on the other."""
    fewer, more = (int(np.count_nonzero(one.edges[part] & own)) for one in (look, other))
    return fewer < more


_Seen = tuple[float, float, Mask]  # seconds: the look's own, and since the key frame before it


class FilmedAlbum:
    """Looks at one slide with a lecturer before it; only their masks are kept."""

    def __init__(self) -> None:
        self._seen: list[_Seen] = []
        self._key_s = 0.0

    def __len__(self) -> int:
        return len(self._seen)

    def add(self, look: Look) -> None:
        hidden = _cells(look.moving)
        if look.key:
            self._key_s = look.t
        self._seen.append((look.t, look.t - self._key_s, hidden))
        if len(self._seen) > _MOST_SEEN:
            self._seen = self._seen[::2]

    def forget_since(self, time_s: float) -> None:
        """What was seen from then on was another slide."""
        self._seen = [entry for entry in self._seen if entry[0] < time_s] or self._seen[:1]

    def shots(self) -> tuple[Shot, ...]:
        """Frames that together show as much as possible as often as possible, the clearest first."""
        rest = list(self._seen)
        chosen: list[_Seen] = []
        seen = np.zeros(_GRID[::-1], np.int64)
        while rest and len(chosen) < _MOST_FILMED:
            worth = _WORTH[np.minimum(seen, len(_WORTH) - 1)]
            gains = [float(worth[~hidden].sum()) / worth.size - _COST * far_s for _, far_s, hidden in rest]
            # The later of two equals: coding gets better while a picture stands.
            best = rest[-1 - int(np.argmax(np.round(gains[::-1], 2)))]
            rest = [entry for entry in rest if abs(entry[0] - best[0]) > _APART_S]
            seen += ~best[2]
            chosen.append(best)
        return tuple(Shot(t=t, hidden=np.packbits(hidden).tobytes()) for t, _, hidden in chosen)
