"""Pages of a PDF: picture, and words with their boxes, by PDFium."""

from __future__ import annotations

import ctypes
import math
import unicodedata
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import pypdfium2
import pypdfium2.raw as pdfium
from numpy.typing import NDArray

from app.errors import BadMedia, TooLarge
from app.lectures.columns import in_reading_order
from app.lectures.model import TextLine, TextWord

PAGE_WIDTH = 1920  # pixels of a page's picture; sharp on a full screen
_MOST_HEIGHT = 2880  # A4 upright at that width; longer pages are made narrower
MOST_PAGES = 2_000
_MOST_CHARACTERS = 50_000  # of one page; a page of small print has 6,000
_MOST_PICTURE_PIXELS = 200_000_000  # of a page's pictures together: a few kB may unpack into gigabytes
_LARGE_PICTURE = 0.03  # of the page
_PNG = [cv2.IMWRITE_PNG_COMPRESSION, 1, cv2.IMWRITE_PNG_FILTER, cv2.IMWRITE_PNG_FILTER_SUB]


@dataclass(frozen=True)
class PdfPage:
    lines: tuple[TextLine, ...]  # of its text layer, in reading order; boxes in pixels of the picture
    garbled: bool  # the text layer holds codes without a meaning in place of letters
    pictured: bool  # it holds pictures large enough to have text of their own
    picture: NDArray[np.uint8] | None  # (rows, columns, BGR); None: refused or damaged
    width: int
    height: int


@contextmanager
def opened(path: Path) -> Iterator[pypdfium2.PdfDocument]:
    """The document; BadMedia if it is no PDF, damaged, locked by a password or empty, TooLarge if endless."""
    try:
        document = pypdfium2.PdfDocument(path)
    except pypdfium2.PdfiumError as error:
        if getattr(error, "err_code", None) == pdfium.FPDF_ERR_PASSWORD:
            raise BadMedia("The deck is locked with a password; please hand in an unlocked copy.") from error
        raise BadMedia("The deck is damaged, or not a PDF: it cannot be opened.") from error
    try:
        count = len(document)
        if count == 0:
            raise BadMedia("The deck has no pages.")
        if count > MOST_PAGES:
            raise TooLarge(f"The deck has {count:,} pages; at most {MOST_PAGES:,} are read.")
        yield document
    finally:
        document.close()


def read_page(document: pypdfium2.PdfDocument, index: int) -> PdfPage:
    """Text and picture of page `index` (from 0); BadMedia if the page itself is damaged."""
    try:
        page = document[index]
    except pypdfium2.PdfiumError as error:
        raise BadMedia(f"Page {index + 1} of the deck is damaged.") from error
    try:
        width, height = _pixels(*page.get_size())
        lines, garbled = _text(page, width, height)
        pictured, bomb = _pictures(page)
        picture = None if bomb else _drawn(page, width, height)
    finally:
        page.close()
    return PdfPage(lines, garbled, pictured, picture, width, height)


def write_png(picture: NDArray[np.uint8], path: Path) -> None:
    _, data = cv2.imencode(".png", picture, _PNG)
    path.write_bytes(data.tobytes())


def _pixels(width_pt: float, height_pt: float) -> tuple[int, int]:
    """Size of a page's picture, whatever size the page claims to have (a PDF may say 1 × 200,000 inches)."""
    if not (math.isfinite(width_pt) and math.isfinite(height_pt)) or width_pt <= 0 or height_pt <= 0:
        return PAGE_WIDTH, PAGE_WIDTH * 9 // 16
    scale = min(PAGE_WIDTH / width_pt, _MOST_HEIGHT / height_pt)
    return max(1, round(width_pt * scale)), max(1, round(height_pt * scale))


def _drawn(page: pypdfium2.PdfPage, width: int, height: int) -> NDArray[np.uint8]:
    bitmap = pypdfium2.PdfBitmap.new_native(width, height, pdfium.FPDFBitmap_BGR)
    try:
        bitmap.fill_rect((255, 255, 255, 255), 0, 0, width, height)
        flags = pdfium.FPDF_ANNOT | pdfium.FPDF_RENDER_LIMITEDIMAGECACHE
        pdfium.FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, flags)
        return np.array(bitmap.to_numpy(), dtype=np.uint8)  # a copy: the bitmap's memory is freed
    finally:
        bitmap.close()


def _pictures(page: pypdfium2.PdfPage) -> tuple[bool, bool]:
    """Whether the page holds a picture of some size, and whether they unpack into too much to be drawn."""
    area = math.prod(page.get_size())
    large, pixels = False, 0
    for item in page.get_objects(filter=(pdfium.FPDF_PAGEOBJ_IMAGE,), max_depth=4):
        try:
            width, height = item.get_px_size()
            left, bottom, right, top = item.get_bounds()
        except pypdfium2.PdfiumError:
            continue  # a picture without a size is not drawn
        pixels += width * height
        large = large or abs((right - left) * (top - bottom)) > _LARGE_PICTURE * area
        if pixels > _MOST_PICTURE_PIXELS:
            return large, True
    return large, False


def _text(page: pypdfium2.PdfPage, width: int, height: int) -> tuple[tuple[TextLine, ...], bool]:
    try:
        text_page = page.get_textpage()
    except pypdfium2.PdfiumError:
        return (), False
    try:
        lines, odd, letters = _words(page, text_page, width, height)
    finally:
        text_page.close()
    ordered = in_reading_order(lines) if lines else []
    return tuple(TextLine(words=tuple(line)) for line in ordered), odd > 0.2 * max(letters, 1)


def _words(
    page: pypdfium2.PdfPage, text_page: pypdfium2.PdfTextPage, width: int, height: int
) -> tuple[list[list[TextWord]], int, int]:
    """Lines of words as they stand in the file; how many codes mean nothing; how many mean something."""
    lines: list[list[TextWord]] = [[]]
    word = _Word()
    odd = letters = 0
    for at in range(min(text_page.count_chars(), _MOST_CHARACTERS)):
        code = pdfium.FPDFText_GetUnicode(text_page, at)
        char = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else "\ufffd"
        if char.isspace() or char == "\x02":  # U+0002: a hyphen at the end of a line, as PDFium reports it
            word = _ended(word, lines, page, width, height)
            if char in "\r\n\x02" and lines[-1]:
                lines.append([])
            continue
        if unicodedata.category(char) in ("Cc", "Co", "Cn") or char == "\ufffd":
            odd += 1
            continue
        letters += 1
        word.add(char, text_page, at)
    _ended(word, lines, page, width, height)
    return [line for line in lines if line], odd, letters


class _Word:
    """Characters and their joint box, in points of the page."""

    def __init__(self) -> None:
        self.text = ""
        self.left = self.bottom = math.inf
        self.right = self.top = -math.inf

    def add(self, char: str, text_page: pypdfium2.PdfTextPage, at: int) -> None:
        self.text += char
        left, right, bottom, top = (ctypes.c_double() for _ in range(4))
        if pdfium.FPDFText_GetCharBox(text_page, at, left, right, bottom, top):
            self.left, self.right = min(self.left, left.value), max(self.right, right.value)
            self.bottom, self.top = min(self.bottom, bottom.value), max(self.top, top.value)


def _ended(
    word: _Word, lines: list[list[TextWord]], page: pypdfium2.PdfPage, width: int, height: int
) -> _Word:
    text = unicodedata.normalize("NFKC", word.text).strip()
    if text and word.left < math.inf:
        x0, y0 = _to_pixels(page, word.left, word.top, width, height)
        x1, y1 = _to_pixels(page, word.right, word.bottom, width, height)
        lines[-1].append(
            TextWord(
                text=text,
                x=min(x0, x1),
                y=min(y0, y1),
                width=max(1, abs(x1 - x0)),
                height=max(1, abs(y1 - y0)),
                confidence=1.0,
            )
        )
    return _Word()


def _to_pixels(page: pypdfium2.PdfPage, x: float, y: float, width: int, height: int) -> tuple[int, int]:
    """Heeds the page's own rotation and crop box, as the renderer does."""
    left, top = ctypes.c_int(), ctypes.c_int()
    pdfium.FPDF_PageToDevice(page, 0, 0, width, height, 0, x, y, left, top)
    return left.value, top.value
