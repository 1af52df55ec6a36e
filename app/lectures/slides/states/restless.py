"""A slide that never stands still: pictures drift over it, text writes itself and is taken away again.

No two looks at it are the same, so that it would be taken for a passage from the slide before to the one
after. But a passage is over soon, and hardly anything of one of its moments is there in the next; of a slide
on which something drifts nearly all is, from moment to moment, for longer than any passage takes.
"""

from __future__ import annotations

import numpy as np

from app.lectures.slides.compare.edge_bits import Outlines
from app.lectures.slides.compare.noise import Noise, differs
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.state import FEWEST_EDGES, LONGEST_PASSAGE_S, State, kind_of

# Seconds of it at least; share of its edges that stay where they were, or next to that, from look to look.
_LASTS_S, _STAYS = 2.5, 0.9
# Of the look with the most on it, what is still that slide. Fewer edges are a title at most, and stand.
_STILL, _MORE_THAN_A_TITLE = 0.5, 600
_NEXT_TO = 1


class Restless:
    """Feed the looks between two states that are certain; what they showed, if that was a slide."""

    def __init__(self, noise: Noise, began_s: float) -> None:
        self._began_s = began_s
        self._threshold = noise.threshold
        self._run: list[tuple[float, int]] = []  # seconds, edges
        self._last: Look | None = None
        self._fullest: Look | None = None

    def see(self, look: Look, relation: Relation) -> None:
        """`relation` of the state before to the look."""
        goes_on = relation is Relation.NEW and kind_of(look) == "slide" and self._creeps(look)
        if not goes_on and not self._lasted:
            self._run, self._fullest = [], None
        if kind_of(look) == "slide" and (relation is Relation.NEW or self._run):
            self._run.append((look.t, look.edge_count))
            if self._fullest is None or look.edge_count > self._fullest.edge_count:
                self._fullest = look
        self._last = look

    def between(self, before: State, after: State, noise: Noise) -> State | None:
        """The slide that was there between two others, which have little in common with it; None: none."""
        shown = self._fullest
        if shown is None or not self._lasted or shown.edge_count < _MORE_THAN_A_TITLE:
            return None
        for other in (before, after):
            if other.kind == "slide" and not _shows_other(shown, other.looks[-1], noise):
                return None
        times = [t for t, edges in self._run if edges >= _STILL * shown.edge_count]
        gone = next((t for t, _ in self._run if t > times[-1]), after.start_s)
        came_s = times[0] if times[0] - self._began_s > LONGEST_PASSAGE_S else self._began_s
        return State("slide", came_s, max(gone, times[-1]), [shown])

    @property
    def _lasted(self) -> bool:
        return bool(self._run) and self._run[-1][0] - self._run[0][0] >= _LASTS_S

    def _creeps(self, look: Look) -> bool:
        before = self._last
        if before is None or kind_of(before) != "slide":
            return False
        gone = before.edges & differs(before.gray, look.gray, Noise(self._threshold, _NEXT_TO))
        return int(np.count_nonzero(gone)) <= (1 - _STAYS) * int(np.count_nonzero(before.edges))


def _shows_other(shown: Look, other: Look, noise: Noise) -> bool:
    """Whether a look shows neither what another one does, nor a step on the way to it."""
    if other.edge_count < FEWEST_EDGES:  # a blank
        return True
    if relate([other], [shown], noise) is not Relation.NEW:
        return False
    return Outlines.of(shown).have_little_of(Outlines.of(other), None)
