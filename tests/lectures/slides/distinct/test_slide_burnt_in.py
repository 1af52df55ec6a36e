"""Subtitles that come and go over a slide make no new one; a line of the slide that is replaced does."""

from __future__ import annotations

from pathlib import Path

import cv2
from slide_videos import Picture, record, shown, slide

from app.lectures.slides import extract

A = slide("Motivation", ["Aggregate demand", "Price stickiness"])
B = slide("Main result", ["Bound on the learning rate", "Warm restarts help"])
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])
SPOKEN = [
    "so this is why",
    "prices do not move at once",
    "and what they have in common",
    "a bound",
    "it holds whatever the rate is",
    "let us look at where it fails",
]


def subtitled(page: Picture, *lines: str) -> Picture:
    """White letters with a dark outline, each line in the middle, the last one at the foot."""
    picture = page.copy()
    for i, line in enumerate(reversed(lines)):
        (width, _), _ = cv2.getTextSize(line, cv2.FONT_HERSHEY_SIMPLEX, 0.6, 2)
        place = ((picture.shape[1] - width) // 2, picture.shape[0] - 14 - 24 * i)
        for colour, thickness in (((20, 20, 20), 4), ((255, 255, 255), 1)):
            cv2.putText(picture, line, place, 0, 0.6, colour, thickness, cv2.LINE_AA)
    return picture


def spans(folder: Path, end_s: float, *changes: tuple[float, Picture]) -> list[list[tuple[float, float]]]:
    told = extract(record(folder / "talk.mp4", shown(*changes), end_s), folder / "slides")
    return [[(round(one.start_s), round(one.end_s)) for one in s.intervals] for s in told.slides]


def test_subtitles_make_no_slides(tmp_path: Path) -> None:
    changes = (
        (0, subtitled(A, SPOKEN[0])),
        (3, subtitled(A, SPOKEN[1])),
        (6, subtitled(A, SPOKEN[2], SPOKEN[0])),
        (9, A),
        (11, subtitled(B, SPOKEN[3])),
        (14, subtitled(B, SPOKEN[4])),
        (17, subtitled(C, SPOKEN[5])),
        (20, subtitled(C, SPOKEN[0])),
        (23, subtitled(A, SPOKEN[4])),
    )
    assert spans(tmp_path, 26, *changes) == [[(0, 11), (23, 26)], [(11, 17)], [(17, 23)]]


def test_a_few_lines_in_the_middle_and_bullets_stay(tmp_path: Path) -> None:
    concluding = [subtitled(B, line) for line in (SPOKEN[2], SPOKEN[4])]
    bullets = [slide("Questions", ["Which rate", "How large", "", "", line]) for line in SPOKEN[:4]]
    pages = [A, *concluding, *bullets]
    changes = [(3.0 * i, page) for i, page in enumerate(pages)]
    assert len(spans(tmp_path, 3.0 * len(pages), *changes)) == len(pages)
