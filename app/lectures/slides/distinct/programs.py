"""A program that somebody shows amid his slides, told by what its window's bars say. That is no slide.

Slides fill the picture, or are shown in a window whose bars say so; a program's say something else: an
address, a menu. Who shows nothing but a program has what it showed for his slides.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice, pairwise
from typing import NamedTuple

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.distinct.dedupe import KnownSlide, SlideBook
from app.lectures.slides.distinct.program_bars import Bars, bars_of
from app.lectures.slides.distinct.program_words import Window
from app.lectures.slides.distinct.rims import shows_most_in_small
from app.lectures.slides.distinct.scrolled import bars_above_scrolled
from app.lectures.slides.looks.look import Look
from app.lectures.slides.states.state import State

# Slides that a recording has besides, at least.
_FEWEST_SLIDES = 3
# Slides before and behind a window that may be seen in it.
_NEAREST = 2
# Share of the width that a slide in a window takes at most: its bars take the rest. (The same window again,
# with something before its bars, is no slide in it.)
_LARGEST = 0.93
# Windows that are compared so, at most: each costs up to a second.
_MOST_COMPARED = 30


class _Stretch(NamedTuple):
    start_s: float
    end_s: float
    slide: KnownSlide
    window: Window | None

    @property
    def look(self) -> Look:
        return self.slide.looks[-1].unpacked()


def leave_out_programs(book: SlideBook, noise: Noise, window_of: Callable[[Look], Window | None]) -> None:
    """Turn what programs showed into other stretches. `window_of`: the window that a look shows, if any."""
    windows = _windows(book.slides, noise, window_of)
    stretches = sorted(
        (
            _Stretch(one.start_s, one.end_s, slide, windows[id(slide)])
            for slide in book.slides
            for one in slide.intervals
        ),
        key=lambda stretch: stretch.start_s,
    )
    kinds = dict.fromkeys(_in_small(stretches), "none")
    if _programs_are_none(stretches, windows, noise):
        kinds |= {key: "video" for key, window in windows.items() if window is Window.PROGRAM}
    for slide in [slide for slide in book.slides if id(slide) in kinds]:
        book.slides.remove(slide)
        book.other += [State(kinds[id(slide)], one.start_s, one.end_s) for one in slide.intervals]
    book.other.sort(key=lambda state: state.start_s)


def _windows(
    slides: Sequence[KnownSlide], noise: Noise, window_of: Callable[[Look], Window | None]
) -> dict[int, Window | None]:
    """Each slide's window. One that says nothing, under a program's bars, is that program's, too."""
    windows: dict[int, Window | None] = {}
    programs: list[Bars] = []
    for slide in slides:
        look = _plainest(slide)
        window = windows[id(slide)] = window_of(look)
        if window is Window.PROGRAM:
            bars = bars_of(look)[:1]  # at the foot a deck's own may be, drawn over programs, too
            if all(window_of(other) is window or _is_under(other, bars, noise) for other in _looks(slide)):
                programs += bars
            else:  # a menu, a task bar that came over a slide and went
                windows[id(slide)] = None
    for slide in slides if programs else ():
        if windows[id(slide)] is None and all(_is_under(look, programs, noise) for look in _looks(slide)):
            windows[id(slide)] = Window.PROGRAM
    return windows


def _looks(slide: KnownSlide) -> Iterator[Look]:
    return (look.unpacked() for look in slide.looks)


def _is_under(look: Look, programs: Sequence[Bars], noise: Noise) -> bool:
    """Whether most of what is in a look's bars is in a program's."""
    return any(its.is_seen_in(own, noise) for own in bars_of(look) for its in programs)


def _plainest(slide: KnownSlide) -> Look:
    """The look of a slide that is decoded at least cost."""
    return next((look for look in slide.looks if look.key), slide.looks[-1]).unpacked()


def _in_small(stretches: Sequence[_Stretch]) -> Iterator[int]:
    """Slides that are windows in which a slide seen not long before or after is in small."""
    windows = (
        (place, one)
        for place, one in enumerate(stretches)
        if one.window is Window.PAGES and len(one.slide.intervals) == 1
    )
    for place, window in islice(windows, _MOST_COMPARED):
        before, after = (
            [one for one in others if one.window is None]
            for others in (stretches[:place], stretches[place + 1 :])
        )
        if any(_shows(window, slide) for slide in (*before[-_NEAREST:], *after[:_NEAREST])):
            yield id(window.slide)


def _programs_are_none(
    stretches: Sequence[_Stretch], windows: Mapping[int, Window | None], noise: Noise
) -> bool:
    """Whether programs are shown amid slides, rather than the slides in a program."""
    programs = sum(window is Window.PROGRAM for window in windows.values())
    if not programs or len(windows) - programs < _FEWEST_SLIDES:
        return False
    inside_s, outside_s = (
        sum(one.end_s - one.start_s for one in stretches if (one.window is Window.PROGRAM) is inside)
        for inside in (True, False)
    )
    if inside_s >= outside_s and not _scrolls(stretches, noise):
        return False
    borders = islice(_borders(stretches, Window.PROGRAM), _MOST_COMPARED)
    return not any(_shows(window, slide) for window, slide in borders)


def _borders(stretches: Sequence[_Stretch], window: Window) -> Iterator[tuple[_Stretch, _Stretch]]:
    """Where such a window comes after another slide, or before it: the window, the slide."""
    for before, after in pairwise(stretches):
        if (before.window is window) is not (after.window is window):
            yield (before, after) if before.window is window else (after, before)


def _shows(window: _Stretch, slide: _Stretch) -> bool:
    return shows_most_in_small(window.look.gray, slide.look.gray, _LARGEST)


def _scrolls(stretches: Sequence[_Stretch], noise: Noise) -> bool:
    """Whether a program's page was pulled up or down under its bars."""
    return any(
        before.end_s == after.start_s
        and before.window is after.window is Window.PROGRAM
        and bars_above_scrolled(before.look, after.look, noise) > 0
        for before, after in pairwise(stretches)
    )
