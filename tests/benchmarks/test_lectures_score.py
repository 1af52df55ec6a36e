"""The judge of sentence to page."""

from __future__ import annotations

from typing import Any

import pytest

from benchmarks.lectures.score import score, weighted_f1

TRUTH: dict[str, Any] = {
    "sentences": [
        {"start_s": 0.0, "end_s": 2.0, "page": 1, "on_screen": 1},
        {"start_s": 2.5, "end_s": 4.0, "page": 1, "on_screen": 2},
        {"start_s": 4.5, "end_s": 6.0, "page": 2, "on_screen": 2},
        {"start_s": 6.5, "end_s": 8.0, "page": 3, "on_screen": None},
    ]
}


def heard(*rows: tuple[float, float, int | None]) -> list[dict[str, Any]]:
    return [{"start_s": start, "end_s": end, "page": page} for start, end, page in rows]


def test_right_pages_score_one_however_the_sentences_were_cut() -> None:
    found = score(TRUTH, heard((0, 4.2, 1), (4.2, 5.2, 2), (5.3, 6.2, 2), (6.4, 8, 3)))
    assert (found.accuracy, found.f1, found.hard, found.screen) == (1, 1, 1, 0.5)


def test_following_the_screen_is_right_where_it_shows_what_is_spoken_of() -> None:
    found = score(TRUTH, heard((0, 2, 1), (2.5, 4, 2), (4.5, 6, 2), (6.5, 8, None)))
    assert (found.accuracy, found.hard) == (0.5, 0)


def test_what_was_not_heard_has_no_page() -> None:
    assert score(TRUTH, []).accuracy == 0
    assert score(TRUTH, heard((20, 30, 1))).accuracy == 0


def test_f1_is_weighted_by_how_often_a_page_is_wanted() -> None:
    # Page 1: 1 of 2 right, told once: 2/3. Page 2: right, but told twice: 2/3. Page 3: right.
    assert weighted_f1([1, 1, 2, 3], [1, 2, 2, 3]) == pytest.approx((2 * 2 / 3 + 2 / 3 + 1) / 4, abs=1e-4)
