"""The alignment benchmark's own parts: its score, its labels, and finding what belongs together."""

from __future__ import annotations

import zipfile

import pytest

from app.lectures.model import Sentence, SpokenPage, SpokenWord, Transcript
from benchmarks.alignment import find_lectures, left_out, micro_f1, pages_at, read_labels

MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"


@pytest.mark.parametrize(
    ("truth", "found", "score"),
    [
        ([1, 2, 3], [1, 2, 3], 1.0),
        ([1, 2, 3, -1], [1, 2, 2, 1], 2 / 3),  # -1 is not scored
        ([1, 1, 2, 2], [1, 9, 2, 1], 2 * 2 / (4 + 3)),  # a page that no sentence has is no false positive
        ([-1, -1], [1, 1], 0.0),
    ],
)
def test_score_is_that_of_mavils(truth, found, score):
    assert micro_f1(truth, found) == pytest.approx(score)


def test_pages_that_nobody_saw_are_counted():
    assert left_out([1, 2, 3, 4], [1, 2, -1], [1, 1, 3, -1]) == (2, 2, 1)


def test_labels_are_read_and_answered_by_their_time(tmp_path):
    cells = [("A1", 0), ("B1", 1), ("C1", 2)]
    head = "".join(f'<c r="{at}" t="s"><v>{i}</v></c>' for at, i in cells)
    body = '<c r="A2"><v>4.5</v></c><c r="B2"><v>1</v></c>', '<c r="A3"><v>9.2</v></c><c r="B3"><v>-1</v></c>'
    rows = "".join(f"<row>{cells}</row>" for cells in (head, *body, '<c r="A4"><v>11</v></c>'))
    with zipfile.ZipFile(tmp_path / "labels.xlsx", "w") as book:
        strings = "".join(f"<si><t>{text}</t></si>" for text in ("Time", "Slidenumber", "Value"))
        book.writestr("xl/sharedStrings.xml", f'<sst xmlns="{MAIN}">{strings}</sst>')
        book.writestr("xl/worksheets/sheet1.xml", f'<worksheet xmlns="{MAIN}">{rows}</worksheet>')
    labels = read_labels(tmp_path / "labels.xlsx")
    assert labels == [(4.5, 1), (9.2, -1)]
    sentences = tuple(
        Sentence(words=(SpokenWord(text="so", start_s=at, end_s=at + 4, probability=1.0),))
        for at in (1.0, 6.0)
    )
    transcript = Transcript(language="en", model="", sentences=sentences, duration_s=10.0)
    spoken = [SpokenPage(index=0, page=1, confidence=1.0), SpokenPage(index=1, page=None, confidence=1.0)]
    assert pages_at([second for second, _ in labels], transcript, spoken) == [1, -1]
    assert pages_at([99.0], transcript, spoken) == [-1]


def test_files_that_belong_together_are_found_by_name(tmp_path):
    for name in (
        "lectures/cities&climate.pdf", "lectures/cities&decarbonization.pdf", "lectures/sensory_systems.pdf",
        "audioscripts/climate_and_cities.srt", "audioscripts/cities_and_decarbonization.srt",
        "audioscripts/visual_system_MIT.srt", "audioscripts/knitting.srt",
        "ground_truth_files/ground_truth_climate_and_cities.xlsx",
        "ground_truth_files/ground_truth_sensory_systems.xlsx",
        "ground_truth_files/sensory_systems_ground_truth_labeled_control.xlsx",
    ):  # fmt: skip
        file = tmp_path / "data" / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.touch()
    found = {one.name: (one.deck.stem, one.labels and one.labels.stem) for one in find_lectures(tmp_path)}
    assert found == {
        "climate_and_cities": ("cities&climate", "ground_truth_climate_and_cities"),
        "cities_and_decarbonization": ("cities&decarbonization", None),
        "visual_system_MIT": ("sensory_systems", "ground_truth_sensory_systems"),
    }
