"""A slide that is shown in another size looks like another one, for nothing lines up.

Somebody pulls at the window that is recorded, or leaves its full screen and comes back: then the slide stands
between two stretches of itself. Or it was put into a black frame at first, which shows nothing else.
"""

from __future__ import annotations

import numpy as np

from app.lectures.model import Interval
from app.lectures.slides.distinct.dedupe import KnownSlide, SlideBook
from app.lectures.slides.distinct.rims import shows_in_small
from app.lectures.slides.looks.frames import Gray

# Seconds that it takes to find the button that brings the window back; who shows another slide stays longer.
_LONGEST_S = 8.0
# Of its size: what is hardly smaller may be a twin.
_LARGEST = 0.96
# Of a frame: share of each side that it takes, luma, share of a line; no more slides are looked at.
_FRAME, _DARK, _LINE, _MOST_FRAMED = 0.02, 24, 0.98, 3


def leave_out_resized(book: SlideBook) -> None:
    """Give what shows a slide in another size, between two stretches of it, to that slide."""
    for slide in list(book.slides):
        around = _around(book, slide)
        if around is None:
            continue
        whole, before, after = around
        if not slide.outlines.have_little_of(whole.outlines, None):
            continue  # it lines up: a twin
        shown, usual = (one.looks[-1].unpacked().gray for one in (slide, whole))
        if shows_in_small(shown, usual, _LARGEST) or shows_in_small(usual, shown, _LARGEST):
            whole.intervals.remove(after)
            whole.intervals[whole.intervals.index(before)] = Interval(
                start_s=before.start_s, end_s=after.end_s
            )
            book.slides.remove(slide)


def join_framed(book: SlideBook) -> None:
    """Give what shows a slide in a black frame to that slide, if that fills the picture at some time."""
    framed = [slide for slide in book.slides if _is_framed(slide.looks[-1].unpacked().gray)]
    if len(framed) > _MOST_FRAMED:
        return
    for slide in framed:
        gray = slide.looks[-1].unpacked().gray
        others = (other for other in book.slides if all(other is not one for one in framed))
        whole = next((o for o in others if shows_in_small(gray, o.looks[-1].unpacked().gray, _LARGEST)), None)
        if whole is not None:
            whole.add_times_of(slide)
            book.slides.remove(slide)
    book.slides.sort(key=lambda slide: slide.intervals[0].start_s)


def _is_framed(gray: Gray) -> bool:
    rows, columns = (max(1, round(_FRAME * side)) for side in gray.shape)
    frame = (gray[:rows], gray[-rows:], gray[:, :columns], gray[:, -columns:])
    inner = gray[2 * rows : -2 * rows, 2 * columns : -2 * columns]
    return all(float((side < _DARK).mean()) >= _LINE for side in frame) and int(np.median(inner)) >= 2 * _DARK


def _around(book: SlideBook, slide: KnownSlide) -> tuple[KnownSlide, Interval, Interval] | None:
    """The slide that was shown right before and right after a short one, with both stretches."""
    if len(slide.intervals) != 1 or slide.intervals[0].end_s - slide.intervals[0].start_s > _LONGEST_S:
        return None
    (own,) = slide.intervals
    for other in book.slides:
        before = [one for one in other.intervals if one.end_s == own.start_s]
        after = [one for one in other.intervals if one.start_s == own.end_s]
        if before and after:
            return other, before[0], after[0]
    return None
