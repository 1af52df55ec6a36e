"""The first sheet of an XLSX as rows of text: enough for labels (ECMA-376, part 1)."""

from __future__ import annotations

import re
import zipfile
from pathlib import Path
from xml.etree import ElementTree

_MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


def rows(path: Path) -> list[list[str]]:
    """Cells of each row from column A on, all rows equally long; an empty cell is ""."""
    with zipfile.ZipFile(path) as book:
        names = book.namelist()
        shared: list[str] = []
        if "xl/sharedStrings.xml" in names:
            strings = ElementTree.fromstring(book.read("xl/sharedStrings.xml"))
            shared = ["".join(t.text or "" for t in s.iter(f"{_MAIN}t")) for s in strings.iter(f"{_MAIN}si")]
        sheet = ElementTree.fromstring(book.read("xl/worksheets/sheet1.xml"))
    found = []
    for row in sheet.iter(f"{_MAIN}row"):
        cells: dict[int, str] = {}
        for cell in row.iter(f"{_MAIN}c"):
            text = "".join(t.text or "" for t in cell.iter(f"{_MAIN}t"))
            value = cell.findtext(f"{_MAIN}v", text)
            cells[_column(cell.get("r", "A1"))] = shared[int(value)] if cell.get("t") == "s" else value
        found.append([cells.get(i, "") for i in range(max(cells, default=-1) + 1)])
    widest = max(map(len, found), default=0)
    return [row + [""] * (widest - len(row)) for row in found]


def _column(reference: str) -> int:
    at = 0
    for letter in re.match("[A-Z]*", reference).group():  # type: ignore[union-attr]
        at = at * 26 + ord(letter) - ord("A") + 1
    return at - 1
