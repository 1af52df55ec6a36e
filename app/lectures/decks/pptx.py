"""What a PPTX says: the text, notes and order of its slides, read from its XML (ECMA-376, part 1).

Only the parts that hold text are unpacked, one at a time and up to a size: a deck may hold gigabytes of film,
or pretend to.
"""

from __future__ import annotations

import posixpath
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from app.errors import BadMedia, TooLarge
from app.lectures.decks.pdf import MOST_PAGES, PAGE_WIDTH
from app.lectures.model import TextLine, TextWord

_MAIN = "ppt/presentation.xml"
_A = "{http://schemas.openxmlformats.org/drawingml/2006/main}"
_P = "{http://schemas.openxmlformats.org/presentationml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_TEXT = (f"{_A}t", f"{_A}br")
_MOST_PART_BYTES = 32_000_000  # of XML; the largest real slides have 2 MB
_MOST_BYTES = 2_000_000_000  # of the whole deck, unpacked
_MOST_ENTRIES = 50_000
_TITLES = ("title", "ctrTitle")
_PASSED_OVER = ("sldNum", "dt", "ftr", "hdr", "sldImg")  # placeholders that say nothing of the slide
_TITLE_SIZE, _TEXT_SIZE = 72, 40  # pixels, of letters on a slide 1920 wide: PowerPoint's own defaults
_LINE_SPACING = 1.4


@dataclass(frozen=True)
class OutlinePage:
    number: int
    title: str
    lines: tuple[TextLine, ...]  # boxes as if each paragraph stood below the one before: drawing tells more
    notes: str
    hidden: bool
    width: int
    height: int


def is_pptx(path: Path) -> bool:
    try:
        with zipfile.ZipFile(path) as package:
            return _MAIN in package.namelist()
    except (OSError, zipfile.BadZipFile):
        return False


def read_outline(path: Path) -> list[OutlinePage]:
    """All slides in the order of the deck. BadMedia: damaged or empty; TooLarge: unpacks into too much."""
    try:
        with zipfile.ZipFile(path) as package:
            _check(package)
            return list(_slides(package))
    except (OSError, zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, ValueError) as error:
        raise BadMedia("The deck is damaged: its slides cannot be read.") from error
    except (RuntimeError, NotImplementedError) as error:  # zipfile: a locked entry, an unknown compression
        raise BadMedia("The deck is locked or packed in an unusual way; a PDF of it can be read.") from error


def _check(package: zipfile.ZipFile) -> None:
    entries = package.infolist()
    if len(entries) > _MOST_ENTRIES or sum(entry.file_size for entry in entries) > _MOST_BYTES:
        raise TooLarge("The deck unpacks into more than 2 GB; a PDF of it would be smaller.")


def _slides(package: zipfile.ZipFile) -> Iterator[OutlinePage]:
    main = _xml(package, _MAIN)
    targets = _relations(package, _MAIN)
    slides = main.findall(f"{_P}sldIdLst/{_P}sldId")
    if not slides:
        raise BadMedia("The deck has no slides.")
    if len(slides) > MOST_PAGES:
        raise TooLarge(f"The deck has {len(slides):,} slides; at most {MOST_PAGES:,} are read.")
    size = main.find(f"{_P}sldSz")
    shape = int(size.get("cy", "9")) / max(1, int(size.get("cx", "16"))) if size is not None else 9 / 16
    height = round(PAGE_WIDTH * min(max(shape, 0.1), 1.5))
    for number, slide in enumerate(slides, 1):
        part = targets[slide.attrib[f"{_R}id"]][1]
        yield _slide(package, part, number, height)


def _slide(package: zipfile.ZipFile, part: str, number: int, height: int) -> OutlinePage:
    root = _xml(package, part)
    title, texts, notes = "", list[str](), ""
    for role, paragraphs in _shapes(root):
        if role in _TITLES and not title:
            title = " ".join(paragraphs)
        else:
            texts += paragraphs
    for kind, target in _relations(package, part).values():
        if kind == "notesSlide":
            shapes = _shapes(_xml(package, target))
            notes = "\n".join(line for role, lines in shapes if role == "body" for line in lines)
        elif kind == "diagramData":  # SmartArt keeps its words in a part of its own
            texts += _paragraphs(_xml(package, target))
    lines = _laid_out(title, texts, height)
    return OutlinePage(number, title, lines, notes, root.get("show") in ("0", "false"), PAGE_WIDTH, height)


def _shapes(root: ElementTree.Element) -> Iterator[tuple[str, list[str]]]:
    """Role of the placeholder ("" if it is none) and paragraphs of each shape and table, in drawing order."""
    for shape in root.iter():
        if shape.tag not in (f"{_P}sp", f"{_P}graphicFrame"):
            continue
        holder = shape.find(f".//{_P}nvPr/{_P}ph")
        role = "" if holder is None else holder.get("type", "body")
        paragraphs = [] if role in _PASSED_OVER else _paragraphs(shape)
        if paragraphs:
            yield role, paragraphs


def _paragraphs(element: ElementTree.Element) -> list[str]:
    found = []
    for paragraph in element.iter(f"{_A}p"):
        # A line break within a paragraph stands between words; a field ("‹#›") holds its text like a run.
        parts = (" " if p.tag == f"{_A}br" else p.text or "" for p in paragraph.iter() if p.tag in _TEXT)
        text = " ".join("".join(parts).split())
        if text:
            found.append(text)
    return found


def _laid_out(title: str, texts: list[str], height: int) -> tuple[TextLine, ...]:
    sizes = [(title, _TITLE_SIZE)] if title else []
    sizes += [(text, _TEXT_SIZE) for text in texts]
    needed = sum(size * _LINE_SPACING for _, size in sizes)
    shrink = min(1.0, 0.9 * height / needed) if needed else 1.0
    y, lines = 0.05 * height, []
    for text, size in sizes:
        tall = max(1, round(size * shrink))
        x, words = 0.05 * PAGE_WIDTH, []
        for word in text.split():
            wide = max(1, round(0.5 * tall * len(word)))
            words.append(TextWord(text=word, x=round(x), y=round(y), width=wide, height=tall, confidence=1.0))
            x += wide + 0.3 * tall
        lines.append(TextLine(words=tuple(words)))
        y += tall * _LINE_SPACING
    return tuple(lines)


def _relations(package: zipfile.ZipFile, part: str) -> dict[str, tuple[str, str]]:
    """Id of each internal relation of a part → (kind, name of the part it leads to)."""
    folder, name = posixpath.split(part)
    relations = f"{folder}/_rels/{name}.rels"
    if relations not in package.NameToInfo:
        return {}
    found = {}
    for relation in _xml(package, relations):
        if relation.get("TargetMode") != "External":
            kind = relation.get("Type", "").rpartition("/")[2]
            target = posixpath.normpath(posixpath.join("/", folder, relation.attrib["Target"])).lstrip("/")
            found[relation.attrib["Id"]] = (kind, target)
    return found


def _xml(package: zipfile.ZipFile, part: str) -> ElementTree.Element:
    with package.open(part) as file:
        data = file.read(_MOST_PART_BYTES + 1)
    if len(data) > _MOST_PART_BYTES:
        raise TooLarge("A slide of the deck unpacks into more than it could hold.")
    if b"<!DOCTYPE" in data[:4096] or b"<!ENTITY" in data[:4096]:
        raise BadMedia("The deck is damaged: its slides cannot be read.")  # OOXML has none; bombs do
    return ElementTree.fromstring(data)  # noqa: S314 - no DTD gets here
