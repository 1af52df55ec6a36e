"""How slides relate that were drawn upon.

Ink hides that text was replaced, and looks like it. What the slides were like before they were drawn upon
tells more, and so does that a pen takes nothing away: what it drew over is there or under the ink.
"""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np

from app.lectures.slides.compare.noise import FEWEST, Noise, differs
from app.lectures.slides.compare.places import Places
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.compare.strokes import SMEAR, wiped
from app.lectures.slides.looks.look import Look, Mask
from app.lectures.slides.states.state import DRAWN_UPON

# Share of what came to a place that is edges of what was there before, when ink came.
_WRITTEN_OVER = 0.1
# Share of what came to a place on either visit, from which on it came in place of the other.
_IN_PLACE = 0.5
# Share of the edges of a bare look with no more than a line of a pen's.
_NEARLY_ALL = 0.85
_SHOWS_ALL = (Relation.SAME, Relation.UNBUILD)
# Share of its edges that a slide has in common with itself once it is drawn upon, at least.
_SEEN = 0.6
# Luma within which lines are of one pen, and share of what changed that is.
_ONE_COLOUR, _PEN = 30, 0.7
_NEXT_TO = np.ones((3, 3), np.uint8)


@dataclass(frozen=True)
class Drawn:
    """A slide's last looks, and what it was like before it was drawn upon, if it was."""

    looks: list[Look]
    bare: Look | None

    @property
    def all(self) -> list[Look]:
        return self.looks if self.bare is None else [self.bare, *self.looks]


def related(first: Drawn, second: Drawn, noise: Noise, furniture: Mask | None) -> Relation:
    """How the second follows from the first, with ink on either or without.

    Only what every one of their looks shows is a difference of the slides.
    """
    relation = relate(first.looks, second.looks, noise, furniture=furniture)
    if (first.bare is None and second.bare is None) or relation is Relation.TWEAK:
        return relation
    before, after = first.all, second.all
    if relation is not Relation.NEW:
        lasting = relate(before, after, noise, furniture=furniture)
        return lasting if lasting in (Relation.NEW, Relation.TWEAK) else relation
    both = _barest(first, second, noise, furniture)
    if both is not None and _drawn_apart(*both, noise):
        return Relation.SAME
    if _lies_beneath(second.looks[-1], first, noise):
        return Relation.UNBUILD
    return Relation.BUILD if _lies_beneath(first.looks[-1], second, noise) else relation


def _barest(first: Drawn, second: Drawn, noise: Noise, furniture: Mask | None) -> tuple[Drawn, Drawn] | None:
    """The two with bare looks that are alike; None: theirs are of two slides.

    One that was built before it was drawn upon may be known by its first step alone. If it shows, ink or not,
    all that the other one's bare look does, that is its own, too.
    """
    relation = relate(first.all[:1], second.all[:1], noise, furniture=furniture)
    if relation is Relation.SAME:
        return first, second
    if first.bare is None or second.bare is None or relation not in (Relation.BUILD, Relation.UNBUILD):
        return None
    spare, bare = first.bare, second.bare
    if relation is Relation.UNBUILD:
        spare, bare = bare, spare
    less = first if spare is first.bare else second
    if related(less, Drawn([bare], None), noise, furniture) not in _SHOWS_ALL:
        # The little that one shows more may be a pen's first lines: of those the other one has nothing.
        if spare.edge_count < _NEARLY_ALL * bare.edge_count:
            return None
        bare = spare
    return Drawn(first.looks, bare), Drawn(second.looks, bare)


def _drawn_apart(first: Drawn, second: Drawn, noise: Noise) -> bool:
    """Whether two slides, alike in their first looks, were drawn upon since.

    Text that came with the last build, other than on the other slide, would be in the same place, and
    where there was none before: ink goes over text. What is drawn on two visits crosses, but hardly anybody
    draws it where it was.
    """
    before, after = first.all, second.all
    if any(one[0].edge_count < DRAWN_UPON * one[-1].edge_count for one in (before, after)):
        return False
    came = [_came(one[0], one[-1], noise) for one in (before, after)]
    count, labels = cv2.connectedComponents((came[0] | came[1]).view(np.uint8))
    written_over = np.bincount(labels[before[0].edges], minlength=count)
    on_bare = written_over < _WRITTEN_OVER * np.bincount(labels.ravel(), minlength=count)
    both = came[0] & came[1]
    of_each = [np.bincount(labels[one], minlength=count) for one in came]
    in_place = np.bincount(labels[both], minlength=count) >= _IN_PLACE * np.minimum(*of_each)
    clash = differs(before[-1].gray, after[-1].gray, noise) & both
    return int(np.count_nonzero(clash & (on_bare & in_place)[labels])) < FEWEST


def _came(before: Look, after: Look, noise: Noise) -> Mask:
    changed = differs(before.gray, after.gray, noise).view(np.uint8)
    came: Mask = cv2.dilate(changed, SMEAR).view(bool)
    return came


def _lies_beneath(clean: Look, over: Drawn, noise: Noise) -> bool:
    """Whether a slide that was drawn upon shows all that a look does, but for what is under a pen's lines.

    The lines may cross so much of it that hardly an edge seems to be the same.
    """
    if over.bare is None or over.bare.edge_count >= DRAWN_UPON * over.looks[-1].edge_count:
        return False
    drawn = over.looks[-1]
    changed = _changed(clean, drawn, noise)
    edges = clean.edges & ~clean.moving & ~drawn.moving
    if np.count_nonzero(edges & ~changed) < _SEEN * np.count_nonzero(edges):
        return False
    core = drawn.gray[cv2.erode(changed.view(np.uint8), _NEXT_TO).view(bool)]
    if core.size < FEWEST or float((np.abs(core - np.median(core)) <= _ONE_COLOUR).mean()) < _PEN:
        return False
    bare = cv2.dilate(drawn.edges.view(np.uint8), SMEAR) == 0
    if int(np.count_nonzero(bare & wiped(clean.gray, drawn.gray, changed))) >= FEWEST:
        return False
    return not any(
        Places(clean, look, _changed(clean, look, noise)).rewritten().any() for look in (drawn, over.bare)
    )


def _changed(a: Look, b: Look, noise: Noise) -> Mask:
    return differs(a.gray, b.gray, noise) & ~a.moving & ~b.moving
