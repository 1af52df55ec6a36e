"""The window before and after the show is no slide; a title page, or a slide that quotes another, is one."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
from slide_videos import Picture, look, record, shown, slide

from app.lectures.slides import extract
from app.lectures.slides.distinct.rims import is_end_screen, shows_in_small

TITLE = slide("Unsupervised methods", ["A lecture in three parts", "by somebody"])
A = slide("Motivation", ["Aggregate demand", "Price stickiness"])
B = slide("Main result", ["Bound on the learning rate", "Warm restarts help"])
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])


def editor(page: Picture, share: float = 0.6) -> Picture:
    """A window with one page in the middle, some pages at its left, and menus above."""
    window = np.full_like(page, 200)
    for i in range(12):
        cv2.putText(window, "Menu", (10 + 52 * i, 16), 0, 0.4, (0, 0, 0), 1, cv2.LINE_AA)
        cv2.rectangle(window, (10 + 52 * i, 26), (34 + 52 * i, 46), (90, 90, 120), 1)
    for i, thumb in enumerate((TITLE, A, B, C)):
        window[70 + 70 * i : 124 + 70 * i, 10:106] = cv2.resize(thumb, (96, 54), interpolation=cv2.INTER_AREA)
    size = round(share * page.shape[1]), round(share * page.shape[0])
    window[90 : 90 + size[1], 180 : 180 + size[0]] = cv2.resize(page, size, interpolation=cv2.INTER_AREA)
    return window


def end_screen() -> Picture:
    black = np.zeros_like(A)
    cv2.putText(
        black, "End of slide show, click to exit.", (190, 20), 0, 0.45, (255, 255, 255), 1, cv2.LINE_AA
    )
    return black


def found(folder: Path, end_s: float, *changes: tuple[float, Picture]) -> tuple[int, list[str]]:
    told = extract(record(folder / "talk.mp4", shown(*changes), end_s), folder / "slides")
    return len(told.slides), [other.kind for other in told.other]


def test_windows_and_the_end_screen_are_no_slides(tmp_path: Path) -> None:
    changes: Sequence[tuple[float, Picture]] = (
        (0, editor(TITLE)),
        (2, TITLE),
        (8, A),
        (14, B),
        (20, C),
        (25.4, end_screen()),
        (28.5, editor(C)),
    )
    assert found(tmp_path, 30, *changes) == (4, ["none", "black", "none"])


def test_a_title_page_and_a_slide_that_quotes_another_stay(tmp_path: Path) -> None:
    changes = ((0, TITLE), (2, A), (8, B), (14, editor(A)), (20, C), (26, slide("Thank you")))
    assert found(tmp_path, 28, *changes) == (6, [])


def test_a_slide_is_known_in_small_at_any_size() -> None:
    pages = [look(page).gray for page in (TITLE, A, B, C)]
    for share in (0.42, 0.55, 0.68):
        assert shows_in_small(look(editor(B, share)).gray, pages[2])
        assert not shows_in_small(look(editor(B, share)).gray, pages[3])
    one_line = look(slide("Thank you")).gray
    for page in (*pages, one_line):
        assert not any(shows_in_small(page, other) for other in (*pages, one_line))


def strip(number: int, *lines: str) -> Picture:
    """A slide twelve times as wide as it is high: its bar is most of what there is of it."""
    page = np.full((140, 1680, 3), 255, np.uint8)
    page[:14] = 60
    for i, line in enumerate((f"{number}. {lines[0]}", *lines[1:])):
        place, shade = ((12, 14 + 14 * i), 20) if i else ((6, 11), 255)
        cv2.putText(page, line, place, 0, 0.35, (shade, shade, shade), 1, cv2.LINE_AA)
    return page


def test_slides_as_flat_as_a_strip_are_not_one_another_in_small(tmp_path: Path) -> None:
    changes = (
        (
            0,
            strip(1, "Table disk client", "segment switch heap node", "switch expected", "random thread"),
        ),
        (
            4,
            strip(2, "Request client tree", "queue proof server", "expected path packet", "merge edge"),
        ),
        (8, strip(3, "Linear page memory", "table proof thread", "heap thread server", "vertex cache unit")),
        (
            12,
            strip(4, "Linear weight stack", "pointer element vertex", "cycle segment", "binary output"),
        ),
    )
    assert found(tmp_path, 16, *changes) == (4, [])


def test_an_end_screen_follows_slides_that_are_not_black() -> None:
    bright, dark = (look(page) for page in (A, 255 - A))
    assert is_end_screen(look(end_screen()), [bright, bright], None)
    assert not is_end_screen(look(end_screen()), [dark, dark, bright], None)
    assert not is_end_screen(dark, [bright], None)
