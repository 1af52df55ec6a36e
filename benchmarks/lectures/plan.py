"""Who says what when, and what is on the screen then: a lecture as lecturers really give it.

Pages are skipped, shown again ("as we saw before"), left behind for the speaker's face; the page turns
before the first sentence about it, during it, or late, when the lecturer is well into the next one's matter.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from benchmarks.lectures.prose import PageTalk

LEAD_IN_S, LEAD_OUT_S = 1.0, 2.0
SKIPPED, REVISITED, PRESENTER, LATE, EARLY = 0.08, 0.12, 0.1, 0.15, 0.1  # probabilities a page
MIN_SHOWN_S = 2.5


@dataclass(frozen=True)
class Said:
    """A sentence: seconds, and the page (from 1) it is about."""

    text: str
    start_s: float
    end_s: float
    page: int


@dataclass(frozen=True)
class Shown:
    """What is on the screen between two seconds: a page, or nothing but the speaker (None)."""

    page: int | None
    start_s: float
    end_s: float


@dataclass(frozen=True)
class Lecture:
    said: tuple[Said, ...]
    shown: tuple[Shown, ...]
    duration_s: float

    def on_screen(self, second: float) -> int | None:
        return next(s.page for s in reversed(self.shown) if s.start_s <= second)


def spoken_pages(pages: Sequence[PageTalk], seed: int) -> list[tuple[int, tuple[str, ...]]]:
    """(page from 1, sentences) in the order they are spoken; a page may come again, or never."""
    chance = random.Random(f"order/{seed}")
    order: list[tuple[int, tuple[str, ...]]] = []
    for index, page in enumerate(pages):
        if not page.sentences or (index not in (0, len(pages) - 1) and chance.random() < SKIPPED):
            continue
        said = page.sentences
        if len(order) > 3 and len(said) >= 6 and chance.random() < REVISITED:
            back = chance.choice(order[-6:-1])[0]
            again = _again(pages[back - 1], chance)
            order += [(index + 1, said[:-2]), (back, again), (index + 1, said[-2:])]
        else:
            order.append((index + 1, said))
    return order


def _again(page: PageTalk, chance: random.Random) -> tuple[str, ...]:
    subject = page.title.split(" (")[0]
    return (
        chance.choice(
            (
                f"This goes back to what we saw before, {subject}.",
                f"Remember the earlier page on {subject}.",
                f"Let us go back to {subject} for a moment.",
            )
        ),
        chance.choice(
            ("Here it is again.", "This is the page I mean.", "Keep this in mind for what follows.")
        ),
    )


def plan(
    pages: Sequence[PageTalk], length_of: Callable[[str], float], seed: int, duration_s: float | None = None
) -> Lecture:
    """Lay the lecture out in time. `length_of` gives the seconds a sentence is heard for.

    With `duration_s` the lecturer is stopped there, in the middle of whatever they say.
    """
    chance = random.Random(f"time/{seed}")
    now, said = LEAD_IN_S, []
    turns: list[tuple[float, int | None]] = []
    for page, sentences in spoken_pages(pages, seed):
        starts = []
        for text in sentences:
            end = now + length_of(text)
            if duration_s is not None and end > duration_s - LEAD_OUT_S:
                break
            said.append(Said(text, now, end, page))
            starts.append(now)
            now = end + chance.uniform(0.3, 0.8)
        if not starts:
            break
        turns.append((_turn_at(starts, chance), page))
        now += chance.uniform(0.3, 1.2)
        if len(starts) >= 5 and chance.random() < PRESENTER:
            hidden = chance.randrange(2, len(starts) - 2)
            turns += [(starts[hidden] - 0.15, None), (starts[hidden + 2] - 0.15, page)]
    end_s = duration_s if duration_s is not None else now + LEAD_OUT_S
    return Lecture(tuple(said), _shown(turns, end_s), end_s)


def _turn_at(starts: list[float], chance: random.Random) -> float:
    kind = chance.random()
    if kind < LATE and len(starts) > 3:
        return starts[chance.choice((1, 2))] + chance.uniform(0, 1)
    if kind < LATE + EARLY:
        return starts[0] - chance.uniform(1.0, 4.0)
    return starts[0] - chance.uniform(-0.8, 0.8)


def _shown(turns: list[tuple[float, int | None]], end_s: float) -> tuple[Shown, ...]:
    """Stretches without gap from 0; a page that would flash by is not shown at all."""
    starts = [(0.0, turns[0][1])]
    for at, page in turns[1:]:
        at = max(at, starts[-1][0] + MIN_SHOWN_S)
        if page != starts[-1][1] and at < end_s - MIN_SHOWN_S:
            starts.append((at, page))
    ends = [at for at, _ in starts[1:]] + [end_s]
    return tuple(Shown(page, at, end) for (at, page), end in zip(starts, ends, strict=True))
