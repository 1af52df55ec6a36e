"""The relation of two looks, on drawn slides."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from slide_videos import Picture, graph, look, slide, with_ink, with_pointer, with_speaker

from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.compare.relation import Relation, relate
from app.lectures.slides.looks.look import PackedLook

NOISE = Noise()
LINES = ["Recall signal peptides", "Cost of page replacement", "Sampling at n = 371"]
FIRST = slide("Motivation", LINES[:1])
FULL = slide("Motivation", LINES)
OTHER = slide("Experiments", ["Breadth-first search", "A stopping criterion", "Warm restarts"])


def related(a: np.ndarray, b: np.ndarray) -> Relation:
    return relate([look(a)], [look(b)], NOISE)


def test_a_picture_is_the_same_as_itself() -> None:
    assert related(FULL, FULL.copy()) is Relation.SAME


def test_noise_of_coding_is_no_change() -> None:
    noisy = np.clip(FULL.astype(int) + np.random.default_rng(3).normal(0, 5, FULL.shape), 0, 255)
    assert related(FULL, noisy.astype(np.uint8)) is Relation.SAME


def test_another_slide_is_new() -> None:
    assert related(FULL, OTHER) is Relation.NEW


def test_more_lines_are_a_build_and_fewer_an_unbuild() -> None:
    assert related(FIRST, FULL) is Relation.BUILD
    assert related(FULL, FIRST) is Relation.UNBUILD


def test_another_word_in_the_same_place_is_a_twin() -> None:
    assert related(FULL, slide("Motivation", [*LINES[:2], "Sampling at the limit"])) is Relation.NEW


def test_one_digit_is_a_tweak_since_a_pointer_might_look_the_same() -> None:
    assert related(FULL, slide("Motivation", [*LINES[:2], "Sampling at n = 377"])) is Relation.TWEAK


@pytest.mark.parametrize(
    ("word", "other"),
    [("by induction", "by 37"), ("large n", "large 2024"), ("scarce", "twice"), ("52.5", "69.5")],
)
def test_a_word_that_gave_way_to_a_shorter_or_a_longer_one_is_no_build(word: str, other: str) -> None:
    a, b = (slide("Motivation", [*LINES[:2], f"Bound {end}"]) for end in (word, other))
    assert related(a, b) in (Relation.NEW, Relation.TWEAK)
    assert related(b, a) in (Relation.NEW, Relation.TWEAK)


@pytest.mark.parametrize(("one", "other"), [("4", "5"), ("2", "7"), ("a", "t")])
def test_one_character_is_enough_for_a_twin(one: str, other: str) -> None:
    a, b = (slide("Motivation", [*LINES[:2], f"Sampled {end} at rest"]) for end in (one, other))
    assert related(a, b) in (Relation.NEW, Relation.TWEAK)


def test_a_shape_laid_over_lines_is_not_another_slide() -> None:
    lines = FULL.copy()
    lines[250:340:12, 60:500] = 40
    covered = lines.copy()
    covered[262:330, 200:300] = (200, 60, 30)
    assert related(lines, covered) is not Relation.NEW


def test_a_pointer_nudged_across_text_is_never_certain_to_be_another_slide() -> None:
    for x in range(60, 260, 23):
        nudged = related(with_pointer(FULL, x, 86), with_pointer(FULL, x + 9, 92))
        assert nudged in (Relation.SAME, Relation.TWEAK)


def test_a_pointer_that_moved_on_at_the_edge_of_a_word_is_no_change() -> None:
    nudged = [
        related(with_pointer(FULL, at, 94), with_pointer(FULL, at + x, 94 + y))
        for at in range(60, 260, 23)
        for x, y in ((3, 0), (-3, 1), (4, 0))
    ]
    assert nudged.count(Relation.SAME) >= 0.9 * len(nudged)
    for one, other in (("7", "17"), ("on", "n")):
        a, b = (slide("Motivation", [*LINES, f"Sampling {text}"]) for text in (one, other))
        assert related(a, b) is not Relation.SAME


def test_a_pointer_that_moved_is_no_change() -> None:
    assert related(with_pointer(FULL, 300, 300), with_pointer(FULL, 500, 130)) is Relation.SAME
    assert related(FULL, with_pointer(FULL, 500, 300)) is Relation.SAME


def test_a_pointer_over_text_vanishes_when_it_was_elsewhere_before() -> None:
    over = [look(with_pointer(FULL, 90, 88)), look(with_pointer(FULL, 300, 135))]
    assert relate([look(FULL)], over, NOISE) is Relation.SAME


def test_a_pointer_that_was_elsewhere_before_is_known_on_a_word() -> None:
    for x in range(60, 260, 23):
        assert related(with_pointer(FULL, 420, 300), with_pointer(FULL, x, 86)) is Relation.SAME
        assert related(with_pointer(FULL, x, 86), with_pointer(FULL, 200, 133)) is Relation.SAME


def test_a_pointer_nudged_on_plain_ground_is_no_change_and_none_on_a_word_is_a_pointer_too() -> None:
    for x, y in ((1, 2), (3, 1), (5, 5), (-4, 2), (0, 6)):
        nudged = with_pointer(FULL, 400 + x, 300 + y)
        assert related(with_pointer(FULL, 400, 300), nudged) is Relation.SAME
    one, other = (slide("Motivation", [*LINES[:2], f"Sampling at n = {n}"]) for n in (371, 377))
    # A pointer that is seen elsewhere is not on the word: this is certain.
    assert related(with_pointer(one, 400, 300), with_pointer(other, 405, 303)) is Relation.NEW


def test_two_spots_of_text_replaced_at_once_are_a_twin_beside_a_pointer_too() -> None:
    one, other = (slide("Motivation", [f"Sampled at {n}", "In between", f"Again at {n}"]) for n in (31, 37))
    assert related(one, other) is Relation.NEW
    assert related(with_pointer(one, 400, 300), with_pointer(other, 500, 200)) is Relation.NEW


@pytest.mark.parametrize(("word", "other"), [("x", "37 %"), ("n", "2024"), ("r", "52")])
def test_a_longer_word_is_no_pointer_that_left_a_shorter_one(word: str, other: str) -> None:
    short, long = (slide("Motivation", [*LINES[:2], f"Bound on {end}"]) for end in (word, other))
    for a, b in ((short, long), (with_pointer(short, 400, 300), with_pointer(long, 460, 280))):
        assert related(a, b) in (Relation.NEW, Relation.TWEAK)
        assert related(b, a) in (Relation.NEW, Relation.TWEAK)


@pytest.mark.parametrize(("number", "other"), [(51, 52), (60, 61), (34, 41)])
def test_digits_that_recur_are_no_pointers_when_many_are_replaced(number: int, other: int) -> None:
    one, two = (
        slide("Solver", [f"eps = 1e-{n % 9 + 1}", f"y = f + {n} g", f"solve({3 * n})", f"(0.{n + 1}, 7)"])
        for n in (number, other)
    )
    assert related(one, two) is Relation.NEW
    assert related(one, with_pointer(two, 400, 300)) is Relation.NEW


def test_a_digit_replaced_under_ink_is_a_twin_when_the_pointer_is_elsewhere() -> None:
    one, two = (slide("Motivation", [*LINES[:2], f"Sampling at n = {n}"]) for n in (371, 377))
    drawn = with_pointer(with_ink(one, 1.0), 400, 320)
    assert related(drawn, with_pointer(two, 500, 300)) is Relation.NEW
    assert related(with_pointer(two, 500, 300), drawn) is Relation.NEW
    assert related(drawn, with_pointer(one, 500, 300)) is Relation.UNBUILD
    for x in range(60, 260, 23):  # on a word
        assert related(drawn, with_pointer(one, x, 86)) is Relation.UNBUILD


def test_ink_is_a_build_even_across_text() -> None:
    assert related(FULL, with_ink(FULL, 1.0)) is Relation.BUILD


def in_sequence(a: Picture, b: Picture) -> Relation:
    return relate([look(a)], [look(b)], NOISE, in_sequence=True)


def test_ink_that_began_where_the_pointer_was_is_a_build() -> None:
    start = (104, 230)  # of the ink, over a line of text
    lines = [*LINES, "Relaxed step by step, as it was before"]
    plain = slide("Motivation", lines)
    drawn = with_pointer(with_ink(plain, 1.0), 300, 300)
    assert in_sequence(with_pointer(plain, *start), drawn) is Relation.BUILD


def test_a_digit_replaced_as_ink_goes_is_more_than_the_end_of_the_ink() -> None:
    twin = slide("Motivation", [*LINES[:2], "Sampling at n = 377"])
    assert in_sequence(with_ink(FULL, 1.0), FULL) is Relation.UNBUILD
    assert in_sequence(with_ink(FULL, 1.0), twin) in (Relation.TWEAK, Relation.NEW)
    pointed = with_pointer(FULL, 90, 88)
    assert in_sequence(with_pointer(with_ink(FULL, 1.0), 400, 300), pointed) is Relation.UNBUILD


def test_a_figure_redrawn_with_more_in_it_is_a_build_only_below_the_same_words() -> None:
    small, large = graph("Motivation", 4, seed=1), graph("Motivation", 8, seed=2)
    assert in_sequence(small, large) is Relation.BUILD
    assert in_sequence(with_pointer(small, 40, 300), with_pointer(large, 600, 320)) is Relation.BUILD
    assert related(small, large) is Relation.NEW  # on a slide shown later it would be another figure
    assert in_sequence(large, small) is Relation.NEW
    assert in_sequence(small, graph("Discussion", 8, seed=2)) is Relation.NEW
    captions = [
        cv2.putText(p.copy(), t, (50, 340), 0, 0.7, (30, 30, 30)) for p, t in ((small, "1a"), (large, "2b"))
    ]
    assert in_sequence(*captions) is Relation.NEW
    assert in_sequence(FIRST, slide("Motivation", ["Warm restarts", *LINES])) is Relation.NEW


def test_what_moves_is_left_out() -> None:
    moving = np.zeros(FULL.shape[:2], bool)
    moving[-90:-10, -150:-10] = True
    a, b = with_speaker(FULL, 0.2), with_speaker(FULL, 1.1)
    assert relate([look(a, moving=moving)], [look(b, moving=moving)], NOISE) is Relation.SAME


def test_a_speakers_box_that_left_is_no_change_when_only_a_part_of_it_moved() -> None:
    moving = np.zeros(FULL.shape[:2], bool)
    moving[-85:-20, -135:-35] = True
    gone = relate([look(with_speaker(FULL, 0.2), moving=moving)], [look(FULL, moving=moving)], NOISE)
    assert gone is Relation.SAME


def test_furniture_says_nothing() -> None:
    """Two slides of one line each in a heavy frame: without the frame they have nothing in common."""
    frames = [slide("Alpha"), slide("Omega")]
    for picture in frames:
        picture[100:340:4] = 120
    ornament = np.zeros(FULL.shape[:2], bool)
    ornament[90:350] = True
    looks = [look(picture) for picture in frames]
    assert relate([looks[0]], [looks[1]], NOISE, furniture=ornament) is Relation.NEW


@pytest.mark.parametrize("shift", [(0, 1), (1, 0), (1, 1)])
def test_a_cameras_sway_is_no_change_when_filmed(shift: tuple[int, int]) -> None:
    filmed = Noise(threshold=22, reach=1)
    swayed = np.roll(FULL, shift, axis=(0, 1))
    assert relate([look(FULL)], [look(swayed)], filmed) is Relation.SAME
    assert relate([look(FULL)], [look(OTHER)], filmed) is Relation.NEW


def test_packing_a_look_loses_nothing() -> None:
    moving = np.zeros(FULL.shape[:2], bool)
    moving[10:50, 20:90] = True
    original = look(with_ink(FULL, 0.5), 12.5, moving)
    packed = PackedLook.model_validate(original.packed.model_dump(mode="json"))
    back = packed.unpacked()
    assert np.array_equal(back.gray, original.gray)
    assert np.array_equal(back.moving, original.moving)
    assert back.t == 12.5
    assert len(packed.png) + len(packed.moving) < original.gray.nbytes / 3
