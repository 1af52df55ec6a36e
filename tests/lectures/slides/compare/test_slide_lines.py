"""A character or a word of a line that gives way to another, as it is seen once the picture is small."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from slide_videos import Picture, look

from app.lectures.slides.compare.lines import gave_way, keeps_to_line
from app.lectures.slides.compare.noise import Noise, differs
from app.lectures.slides.compare.places import Places
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.looks.look import Look

LINES = ["We measure signal peptides", "Cost of page replacement"]
LEFT, LINE = 150, 570  # of the last line, in 1080 lines


def drawn(last: str) -> Picture:
    """(1080, 1920, RGB)"""
    picture = np.full((1080, 1920, 3), 255, np.uint8)
    for i, text in enumerate([*LINES, last]):
        place = (LEFT, LINE + 135 * (i - 2))
        cv2.putText(picture, text, place, cv2.FONT_HERSHEY_DUPLEX, 1.5, (30, 30, 30), 3, cv2.LINE_AA)
    return picture


def seen(picture: Picture, *, dark: bool = False) -> Look:
    small = cv2.resize(235 - picture // 10 * 8 if dark else picture, (640, 360), interpolation=cv2.INTER_AREA)
    return look(np.asarray(cv2.GaussianBlur(small, (3, 3), 0), np.uint8))


def page(last: str, *, dark: bool = False) -> Look:
    return seen(drawn(f"Bound for large {last}"), dark=dark)


def in_sequence(a: Look, b: Look) -> Relation:
    return relate([a], [b], Noise(), in_sequence=True)


def pointed(picture: Picture, x: int, y: int, *, black: bool = False) -> Picture:
    """With an arrow 30 pixels high that was nowhere before."""
    fill, rim = (0, 255) if black else (255, 0)
    arrow = np.array([(x, y), (x, y + 30), (x + 8, y + 22), (x + 20, y + 20)])
    shown = cv2.fillPoly(picture.copy(), [arrow], (fill,) * 3, cv2.LINE_AA)
    return cv2.polylines(shown, [arrow], True, (rim,) * 3, 2, cv2.LINE_AA)


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("one", "other"), [("1", "3"), ("3", "9"), ("x", "1"), ("n", "k")])
def test_one_character_for_another_is_a_tweak(one: str, other: str, dark: bool) -> None:
    a, b = page(one, dark=dark), page(other, dark=dark)
    assert in_sequence(a, b) is Relation.TWEAK
    assert in_sequence(b, a) is Relation.TWEAK


@pytest.mark.parametrize(("one", "other"), [("x", "2024"), ("k", "today"), ("9", "2024"), ("17", "2024")])
def test_a_character_that_gave_way_to_a_word_is_no_build(one: str, other: str) -> None:
    a, b = page(one), page(other)
    assert in_sequence(a, b) is Relation.NEW
    assert in_sequence(b, a) is Relation.NEW
    gone = seen(pointed(drawn(f"Bound for large {one}"), 1200, 700))  # by now, as the pointer is
    assert in_sequence(gone, b) is Relation.NEW
    assert relate([a], [b], Noise(), in_sequence=True, passing=True) is Relation.BUILD


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize(("one", "more"), [("1", "10"), ("3", "37"), ("20", "2024"), ("n", "n today")])
def test_what_is_added_to_a_number_or_to_a_line_is_a_build_or_nothing(
    one: str, more: str, dark: bool
) -> None:
    a, b = page(one, dark=dark), page(more, dark=dark)
    assert in_sequence(a, b) in (Relation.SAME, Relation.BUILD)
    assert in_sequence(b, a) in (Relation.SAME, Relation.UNBUILD)


def test_a_table_that_is_filled_in_is_built() -> None:
    rows = ["A     3.1     0.7", "A     3.1     0.7     12.5", "A     3.1     0.7     12.5     8"]
    tables = [seen(drawn(row)) for row in rows]
    for one, more in ((tables[0], tables[1]), (tables[1], tables[2])):
        assert in_sequence(one, more) in (Relation.SAME, Relation.BUILD)


def test_a_number_that_is_counted_up_is_another_slide_each_time() -> None:
    for one, other in (("1", "2"), ("2", "3"), ("9", "10")):
        assert in_sequence(page(one), page(other)) in (Relation.NEW, Relation.TWEAK)


@pytest.mark.parametrize("black", [False, True])
def test_a_pointer_out_of_nowhere_on_letters_is_hardly_ever_another_character(black: bool) -> None:
    plain = drawn("Bound for large n")
    places = [(x, y) for x in range(LEFT, 650, 17) for y in (LINE - 54, LINE - 44, LINE - 36, LINE - 12)]
    before = seen(plain)
    found = [in_sequence(before, seen(pointed(plain, *place, black=black))) for place in places]
    assert found.count(Relation.SAME) >= 0.98 * len(found)


@pytest.mark.parametrize("colour", [(250, 220, 0), (210, 30, 30), (20, 60, 220)])
def test_ink_no_higher_than_a_line_is_no_other_word(colour: tuple[int, int, int]) -> None:
    plain = drawn("Bound for large n")
    for x in range(LEFT, 480, 23):  # the last letter alone, in pale ink, does look like another word
        ringed, ticked = plain.copy(), plain.copy()
        cv2.ellipse(ringed, (x + 40, LINE - 16), (40, 16), 0, 0, 360, colour, 5, cv2.LINE_AA)
        tick = np.array([(x, LINE - 16), (x + 12, LINE - 2), (x + 40, LINE - 30)])
        cv2.polylines(ticked, [tick], False, colour, 5, cv2.LINE_AA)
        for inked in (ringed, ticked):
            assert in_sequence(seen(plain), seen(inked)) not in (Relation.NEW, Relation.TWEAK)


def test_a_change_keeps_to_a_line_only_where_there_is_one() -> None:
    plain = drawn("Bound for large n")
    across = cv2.rectangle(plain.copy(), (300, LINE - 90), (330, LINE + 30), (30, 30, 30), 3)
    alone = cv2.rectangle(plain.copy(), (1200, 900), (1220, 930), (30, 30, 30), 3)
    for other, keeps in ((drawn("Bound for large k"), True), (across, False), (alone, False)):
        a, b = seen(plain), seen(other)
        changed = differs(a.gray, b.gray, Noise())
        places = Places(a, b, changed)
        assert [keeps_to_line(a, b, *places.patch(i)) for i in range(len(places.low))] == [keeps]


def test_a_word_gave_way_where_its_traces_are_at_an_end_and_bare_ground_beside_it() -> None:
    ground = np.full((40, 80), 255, np.uint8)
    long, short = ground.copy(), ground.copy()
    long[14:26, 20:60:4] = 100  # ten strokes
    short[14:26, 22] = 100  # one, between the first two
    assert gave_way(short, long, short != long)
    assert gave_way(long, short, short != long)
    assert not gave_way(ground, long, ground != long)
    both_ends, over_letters = short.copy(), short.copy()
    both_ends[14:26, 58] = 100
    over_letters[14:26, 40:60:4] = 100
    assert not gave_way(both_ends, long, both_ends != long)
    long[18:20, 20:60] = 60  # ink across letters, of which all are seen
    assert not gave_way(over_letters, long, over_letters != long)
