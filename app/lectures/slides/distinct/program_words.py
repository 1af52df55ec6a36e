"""What a window says of itself in its bars: a browser's address, a menu, a title. Pages, or a program?"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from enum import Enum
from itertools import pairwise

from app.lectures.model import TextLine


class Window(Enum):
    PROGRAM = "program"
    PAGES = "pages"  # a program in which slides are written or shown


# An address has a host with one of the common endings, or is this machine's.
_ENDINGS = (
    "com|org|net|io|app|dev|edu|gov|ai|co|me|tech|site|info|cloud|online|xyz|page|live|us|uk|ca|au|nz|ie|in|sg|za|"
    "de|at|ch|fr|es|pt|br|mx|ar|cl|it|nl|be|dk|se|no|fi|pl|cz|gr|ro|ru|ua|tr|il|eu|jp|kr|cn|tw|hk|vn|id|my|th"
)
_HOST = rf"[a-z0-9.-]*[a-z][a-z0-9-]{{2,}}\.(?:{_ENDINGS})(?![\w-])"
_ADDRESS = re.compile(rf"(?<![\w@.])(?:https?:/+)?(?:{_HOST}|localhost|127\.0\.0\.1|file:/+)\S*")
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
# Programs whose title is told in their own window.
_TITLES = ("visual studio", "jupyter", "pycharm", "intellij", "android studio", "rstudio", "microsoft excel")
_TIME = re.compile(r"(?<![\d:])\d{1,2}:\d{2}(?![\d:])")
_SEARCH = re.compile(
    r"type here to|here to search|zur suche|para buscar|pour rechercher|para pesquisar|qui per|^search\b"
)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{2,4}")
# What the windows have in their bars in which slides are written or shown.
_PAGES = re.compile(
    r"docs\.google|drive\.google|presentation|slide|powerpoint|\.pptx?\b|\.pdf\b|keynote|impress|\.odp\b|"
    r"canva\b|canva\.|prezi|pitch\.com|gamma\.app|genial|speakerdeck|overleaf|sharepoint|onedrive|"
    r"animations|transitions|acrobat|beautiful\.ai|mentimeter|nearpod|reveal"
)


def window_of(lines: Sequence[TextLine]) -> Window | None:
    """What a window shows by the lines of its bars, from above; None where they tell of no window."""
    texts = [_plain(" ".join(word.text for word in line.words)) for line in lines]
    for text in texts:
        if (address := _ADDRESS.search(text)) is not None:
            # Tabs above it tell of other pages, too.
            return Window.PAGES if _PAGES.search(text[address.start() :]) else Window.PROGRAM
    if any(_is_menu(text) for text in texts) or any(title in text for text in texts for title in _TITLES):
        return Window.PAGES if any(_PAGES.search(text) for text in texts) else Window.PROGRAM
    return None


def tells_time(lines: Sequence[TextLine]) -> bool:
    """Whether a corner holds a clock: the time, or a line above the date. (Slides have their date alone.)"""
    texts = [" ".join(word.text for word in line.words) for line in lines]
    if any(_TIME.search(text) for text in texts):
        return True
    return any(_DATE.search(text) for text in texts[1:])


def asks_for_search(lines: Sequence[TextLine]) -> bool:
    """Whether a task bar has its field for what to look for."""
    return any(_SEARCH.search(_plain(" ".join(word.text for word in line.words))) for line in lines)


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
