"""What the bars of windows say, as it is read off screens: garbled here and there."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from app.lectures.model import TextLine, TextWord
from app.lectures.slides.distinct.program_words import Window, asks_for_search, tells_time, window_of


def lines(*texts: str) -> list[TextLine]:
    """Lines below each other, as wide as their words are long."""
    found = []
    for row, text in enumerate(texts):
        words, x = [], 0
        for word in text.split():
            size = 9 * len(word)
            words.append(TextWord(text=word, x=x, y=20 * row, width=size, height=12, confidence=0.9))
            x += size + 9
        found.append(TextLine(words=tuple(words)))
    return found


@pytest.mark.parametrize(
    "bars",
    [
        ["Untitled presentation - Google x COVID-19 x) +", "CG @ herokuapp.com x @:", "MAP DATA PREDICTIONS"],
        ["Home Page x Untitled x +", "C localhost:8888/notebooks/Untitled.ipynb ©"],
        ["< > C https:/127.0.0.1:5000/login"],
        ["X File Edit Selection View Go Run Terminal Help app.py - lectern - Visual Studio Code - o x"],
        ["Datei Bearbeiten Ansicht Einfügen Format Extras Hilfe"],
        ["Archivo Edición Ver Insertar Herramientas Ayuda"],
        ["Home x", "Not secure | lectern.edu/login"],
        ["app.py - lectern - Visual Studio Code"],
        ["AutoSave @) Off Book1 - Excel", "File Home Insert Page Layout Formulas Data Review View Help"],
    ],
)
def test_an_address_or_a_menu_tells_a_program(bars: Sequence[str]) -> None:
    assert window_of(lines(*bars)) is Window.PROGRAM


@pytest.mark.parametrize(
    "bars",
    [
        ["Sales - Google Slid X + ©", "CG & docs.google.com/presentation/d/INkKqU9X/edit#slide=id.p"],
        [
            "S~ O ® Diabetes - PowerPoint x",
            "File Home Insert Draw Design Transitions Animations Slide Show View",
        ],
        ["x lecture3.pdf x +", "file:///talks/lecture3.pdf"],
        ["File Edit View Sign Window Help", "lecture3.pdf - Adobe Acrobat Reader"],
        ["Preview File Edit View Go Tools Window Help"],
        ["talk x +", "C localhost:8000/#/3"],
        ["Course 4 x +", "C moodle.lectern.edu/mod/view.php"],
        ["OneNote", "File Home Insert Draw History Review View Help"],
    ],
)
def test_where_slides_are_written_or_shown_there_are_pages(bars: Sequence[str]) -> None:
    assert window_of(lines(*bars)) is Window.PAGES


@pytest.mark.parametrize(
    "bars",
    [
        [],
        ["Introduction Methods Results Discussion", "Kim et al. 2024"],
        ["How to edit a file and view its history"],
        ["E. coli in vivo vs. in silico", "i.e. Fig. 3.in"],
        ["Department of Physics kim@university.edu"],
        ["File formats"],
        ["www.lectern.edu Lecture 3 Prof. Kim"],
        ["Lecture 3 Prof. Kim lectern.edu/ml"],
        ["github.com/lectern/course Lecture 3"],
        ["Course 4", "ASP.NET Blazor Summary"],
        ["Introduction Jupyter notebooks Visual Studio Code Summary"],
    ],
)
def test_what_slides_have_above_tells_of_no_window(bars: Sequence[str]) -> None:
    assert window_of(lines(*bars)) is None


def test_a_task_bar_is_known_by_its_clock() -> None:
    assert tells_time(lines("21:19", "13-07-2020"))
    assert tells_time(lines("10:32 AM"))
    assert tells_time(lines("1%09", "5/15/2021"))  # misread
    assert asks_for_search(lines("Q Search @"))
    assert asks_for_search(lines("Type here to search A @ 4) ENG"))


def test_the_foot_of_a_slide_is_no_task_bar() -> None:
    for foot in (
        ["5/15/2021"],
        ["Kim (Lectern) May 5, 2021 3/20"],
        ["12"],
        ["0.95 12.50"],
        ["1:100 000"],
        ["2018; 15:45-53"],
        ["Thu 12:30"],
        ["John 3:16"],
        ["Prof. A. Kim", "13.07.2020"],
        ["Search and planning Kim CS 188 3/20"],
        ["Verfahren zur Suche in Graphen"],
        [],
    ):
        assert not tells_time(lines(*foot)), foot
        assert not asks_for_search(lines(*foot)), foot
