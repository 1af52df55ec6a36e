"""What a window says of itself in its bars: a browser's address, a menu, a title. Pages, or a program?"""

from __future__ import annotations

import re
import statistics
import unicodedata
from collections.abc import Sequence
from enum import Enum
from itertools import pairwise
from typing import NamedTuple

from app.lectures.model import TextLine, TextWord


class Window(Enum):
    PROGRAM = "program"
    PAGES = "pages"  # a program in which slides are written or shown


# An address has a host with one of the common endings, or is this machine's. (A bare "www." stands in a
# deck's header: browsers hide it, or have "https://" before it.)
_ENDINGS = (
    "com|org|net|io|app|dev|edu|gov|ai|co|me|tech|site|info|cloud|online|xyz|page|live|us|uk|ca|au|nz|ie|in|sg|za|"
    "de|at|ch|fr|es|pt|br|mx|ar|cl|it|nl|be|dk|se|no|fi|pl|cz|gr|ro|ru|ua|tr|il|eu|jp|kr|cn|tw|hk|vn|id|my|th"
)
_HOST = rf"[a-z0-9.-]*[a-z][a-z0-9-]{{2,}}\.(?:{_ENDINGS})(?![\w-])"
_OWN = r"(?:https?:/+)?(?:localhost|127\.0\.0\.1)|file:/+"
_ADDRESS = re.compile(
    rf"(?<![\w@.])(?!www\.|(?:asp|ado)\.net\b)(?:(?P<own>{_OWN})|(?:https?:/+)?{_HOST})\S*|(?<=/)www\.{_HOST}\S*"
)
# A word is more than what is read into an icon. Before an address there is none but these.
_WORD = re.compile(r"[^\W\d_]{4,}")
_SECURITY = re.compile(r"secure|sicher|segur[oa]|securise|sicuro|bezpieczn[ea]|https?")
# A menu begins with one of the first; one of the others is next to it, and another behind.
_MENU_FIRST = frozenset(("file", "datei", "archivo", "fichier", "arquivo", "ficheiro", "bestand", "plik"))
_MENU = re.compile(
    "edit|view|insert|format|tools|help|window|home|data|review|history|selection|go|run|terminal|debug|project|"
    "build|search|navigate|code|refactor|git|layout|formulas|bookmarks|profiles|tab|cell|kernel|widgets|runtime|"
    "options|settings|plots|session|design|draw|extensions|test|"
    "bearbeiten|ansicht|einfugen|extras|hilfe|fenster|start|verlauf|lesezeichen|"
    "editar|edicion|ver|insertar|formato|herramientas|ayuda|ventana|inicio|"
    "exibir|inserir|formatar|ferramentas|ajuda|janela|"
    "edition|affichage|accueil|insertion|outils|aide|fenetre|"
    "modifica|visualizza|inserisci|strumenti|aiuto|bewerken|beeld|edycja|widok|pomoc"
)
# Programs that have their names in their windows' titles, behind a file's. (By itself, a deck's header may.)
_TITLE = re.compile(
    r"(?:\w\.[a-z]{1,5}\b|untitled|book ?\d).* [-–—] ?"
    r"(?:visual studio|jupyter|pycharm|intellij|android studio|rstudio|microsoft excel)"
)
# A clock that has no date below it says which half of the day it is, or it is a session's time, a verse.
_TIME = re.compile(r"\W*(?:1[0-2]|0?[1-9])[:.][0-5]\d ?[ap]\.?m\.?\W*")
_LIKE_TIME = re.compile(r"\d{1,2}\W\d{2}(?:[ap]\.?m\.?)?\W*")
_DATE = re.compile(r"\W*\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}\W*")
_SEARCH = re.compile(
    r"type here to|here to search|zur suche text|text hier eingeben|aqui para buscar|ici pour rechercher|"
    r"aqui para pesquisar|qui per (?:eseguire|cercare)|^(?:\W*\w{0,2}\W)*search(?:\W\w{0,2})*\W*$"
)
# What the windows have in their bars in which slides are written or shown, or pages that are written on.
_PAGES = re.compile(
    r"docs\.google|drive\.google|presentation|slide|powerpoint|\.pptx?\b|\bpdf\b|keynote|impress|\.odp\b|"
    r"canva\b|canva\.|prezi|pitch\.com|gamma\.app|genial|speakerdeck|overleaf|sharepoint|onedrive|"
    r"animations|transitions|acrobat|beautiful\.ai|mentimeter|nearpod|reveal|"
    r"/#/?\d|#\d+\b|talk|lecture|deck\b|:3030/|marp\b|remark\b|xaringan|"
    r"^\W*preview\W+file\b|skim\W+file\b|okular|evince|document viewer|sumatra|foxit|"
    r"meet\.google|zoom\.us|teams\.(?:microsoft|live)|webex|bigbluebutton|moodle|blackboard|instructure|"
    r"onenote|goodnotes|notability|xournal|whiteboard|jamboard|miro\.com|excalidraw"
)


class _Row(NamedTuple):
    """What is read at one height, from the left: the bars' parts are read as one line or as several."""

    y: float
    height: float
    words: list[TextWord]

    @property
    def text(self) -> str:
        return _plain(" ".join(word.text for word in sorted(self.words, key=lambda word: word.x)))


def window_of(lines: Sequence[TextLine]) -> Window | None:
    """What a window shows by the lines of its bars; None where they tell of no window."""
    texts = [row.text for row in _rows(lines)]
    for place, text in enumerate(texts):
        if (address := _ADDRESS.search(text)) is not None and _is_in_bar(address, is_first=place == 0):
            # Tabs above it tell of other pages, too.
            return Window.PAGES if _PAGES.search(text[address.start() :]) else Window.PROGRAM
    if any(_is_menu(text) or _TITLE.search(text) for text in texts):
        return Window.PAGES if any(_PAGES.search(text) for text in texts) else Window.PROGRAM
    return None


def tells_time(lines: Sequence[TextLine]) -> bool:
    """Whether a corner holds a clock: the time alone, or something like it above the date.

    Slides have their date there, alone or below a name, and journals' pages, which look like times.
    """
    if any(_TIME.fullmatch(_plain(" ".join(word.text for word in line.words))) for line in lines):
        return True
    words = [word for line in lines for word in line.words]
    return any(
        _LIKE_TIME.fullmatch(_plain(time.text)) and _is_below(date, time)
        for date in words
        if _DATE.fullmatch(date.text)
        for time in words
    )


def asks_for_search(lines: Sequence[TextLine]) -> bool:
    """Whether a task bar has its field for what to look for."""
    return any(_SEARCH.search(_plain(" ".join(word.text for word in line.words))) for line in lines)


def _rows(lines: Sequence[TextLine]) -> list[_Row]:
    rows: list[_Row] = []
    for line in lines:
        y = statistics.median(word.y + word.height / 2 for word in line.words)
        height = statistics.median(word.height for word in line.words)
        row = next((row for row in rows if 2 * abs(row.y - y) < max(row.height, height)), None)
        if row is None:
            rows.append(_Row(y, height, list(line.words)))
        else:
            row.words.extend(line.words)
    return sorted(rows)


def _is_in_bar(address: re.Match[str], *, is_first: bool) -> bool:
    """Whether an address stands as in a browser: before it icons alone, which may be read, or tabs above it.

    A deck's header may have one, too: behind other words, or with nothing before it and above it.
    """
    before = address.string[: address.start()]
    if any(_SECURITY.fullmatch(word) is None for word in _WORD.findall(before)):
        return False
    return not is_first or bool(before.strip()) or bool(address["own"])


def _is_below(date: TextWord, time: TextWord) -> bool:
    over = min(date.x + date.width, time.x + time.width) - max(date.x, time.x)
    return over > 0 and 0 < date.y - time.y < 3 * max(date.height, time.height)


def _is_menu(text: str) -> bool:
    words = re.findall(r"[a-z]+", text)
    return any(
        first in _MENU_FIRST and _MENU.fullmatch(second) and any(map(_MENU.fullmatch, words[place + 2 :]))
        for place, (first, second) in enumerate(pairwise(words))
    )


def _plain(text: str) -> str:
    """In small letters, without accents."""
    parts = unicodedata.normalize("NFKD", text.lower())
    return "".join(part for part in parts if not unicodedata.combining(part))
