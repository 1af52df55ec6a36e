"""What a reader finds in a PDF: the text of its pages, its links and its bookmarks."""

from __future__ import annotations

import ctypes
from pathlib import Path
from typing import NamedTuple

import pypdfium2 as pdfium
import pypdfium2.raw as raw


class Link(NamedTuple):
    page: int
    uri: str | None
    target: int | None


def texts(path: Path) -> list[str]:
    """The text of every page, with line ends as spaces and words broken at a line end rejoined."""
    with pdfium.PdfDocument(path) as document:
        pages = [page.get_textpage().get_text_range() for page in document]
    return [" ".join(page.replace("\ufffe", "").split()) for page in pages]


def bookmarks(path: Path) -> dict[str, int]:
    with pdfium.PdfDocument(path) as document:
        return {mark.get_title(): mark.get_dest().get_index() for mark in document.get_toc()}


def links(path: Path) -> list[Link]:
    found = []
    with pdfium.PdfDocument(path) as document:
        for number, page in enumerate(document):
            at, annotation = ctypes.c_int(0), raw.FPDF_LINK()
            while raw.FPDFLink_Enumerate(page.raw, at, annotation):
                action = raw.FPDFLink_GetAction(annotation)
                target = raw.FPDFLink_GetDest(document.raw, annotation)
                index = raw.FPDFDest_GetDestPageIndex(document.raw, target) if target else None
                found.append(Link(number, _uri(document, action) if action else None, index))
    return found


def _uri(document: pdfium.PdfDocument, action: raw.FPDF_ACTION) -> str | None:
    size = raw.FPDFAction_GetURIPath(document.raw, action, None, 0)
    if not size:
        return None
    buffer = ctypes.create_string_buffer(size)
    raw.FPDFAction_GetURIPath(document.raw, action, buffer, size)
    return buffer.value.decode()
