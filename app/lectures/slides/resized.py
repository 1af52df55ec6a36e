"""A window that is made smaller or larger for a moment shows the slide that it showed before and shows after.

Somebody pulls at the window that is recorded, or leaves its full screen and comes back. Nothing lines up
then, so that the slide looks like another one; but it stands between two stretches of itself.
"""

from __future__ import annotations

from app.lectures.model import Interval
from app.lectures.slides.dedupe import KnownSlide, SlideBook
from app.lectures.slides.rims import shows_in_small

# Seconds that it takes to find the button that brings the window back; who shows another slide stays longer.
_LONGEST_S = 8.0
# Of its size: what is hardly smaller may be a twin.
_LARGEST = 0.96


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
