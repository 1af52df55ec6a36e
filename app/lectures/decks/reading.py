"""Read a deck: a picture, the text and the title of each page of a PDF or PPTX."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Literal

from app.errors import BadMedia
from app.lectures.decks.office import office_installed, to_pdf
from app.lectures.decks.pdf import PdfPage, opened, read_page, write_png
from app.lectures.decks.pptx import OutlinePage, is_pptx, read_outline
from app.lectures.decks.texts import titled, with_read
from app.lectures.model import Deck, DeckPage, SlideText
from app.lectures.ocr import SlideReader

NO_PICTURES = (
    "LibreOffice is not installed here, so the pages of this deck have no pictures; as a PDF they would have."
)
NOT_DRAWN = "LibreOffice could not draw this deck, so its pages have no pictures."
_SNIFFED = 1024  # bytes within which a PDF has its mark, by Adobe's readers
_FEWEST_LETTERS = 12  # of a text layer; fewer may be a page number on a scanned page
_INKED = 4.0  # grey levels, standard deviation: below, a page is blank and has nothing to be read


def _ignore(share: float) -> None:
    """The progress callback of a caller who does not want to know."""


def read_deck(
    path: Path,
    out_dir: Path,
    *,
    reader: SlideReader | None = None,
    progress: Callable[[float], None] = _ignore,
) -> Deck:
    """Write `page_0001.png` … (at most 1920 pixels wide) to `out_dir`; return all that the deck says.

    A page's text is its text layer and what `reader` reads in its pictures; of a page without a usable
    layer (a scan) all that `reader` reads. Without a reader, pictures stay unread. Hidden slides of a PPTX
    are pages, marked as hidden. BadMedia: no deck, damaged, empty or locked; TooLarge: more than 2,000
    pages, or unpacking into too much.
    """
    out_dir.mkdir(parents=True, exist_ok=True)
    kind = _kind(path)
    read = _read_pdf if kind == "pdf" else _read_pptx
    pages, warnings = read(path, out_dir, reader, progress)
    progress(1.0)
    return Deck(kind=kind, pages=tuple(pages), warnings=warnings)


def _kind(path: Path) -> Literal["pdf", "pptx"]:
    try:
        with path.open("rb") as file:
            head = file.read(_SNIFFED)
    except OSError as error:
        raise BadMedia("The deck cannot be read.") from error
    if b"%PDF-" in head:
        return "pdf"
    if is_pptx(path):
        return "pptx"
    raise BadMedia("The deck is neither a PDF nor a PPTX; other formats can be saved as PDF.")


def _read_pdf(
    path: Path, out_dir: Path, reader: SlideReader | None, progress: Callable[[float], None]
) -> tuple[list[DeckPage], tuple[str, ...]]:
    pages: list[DeckPage] = []
    layers: list[SlideText] = []  # without what stands in pictures, which may be larger than any title
    undrawn, unread = [], []
    with opened(path) as document:
        count = len(document)
        for index in range(count):
            number = index + 1
            page = read_page(document, index)
            image = f"page_{number:04d}.png" if page.picture is not None else None
            if page.picture is not None and image:
                write_png(page.picture, out_dir / image)
            else:
                undrawn.append(number)
            scanned = _is_scanned(page)
            lines = () if scanned else page.lines
            if image and reader and (scanned or page.pictured):
                lines = with_read(lines, reader.read(out_dir / image, number=number).lines)
            elif scanned:
                unread.append(number)
            text = SlideText(number=number, lines=lines)
            pages.append(
                DeckPage(number=number, text=text, image=image, width=page.width, height=page.height)
            )
            layers.append(text if scanned else SlideText(number=number, lines=page.lines))
            progress((index + 1) / count)
    warnings = []
    if undrawn:
        warnings.append(f"These pages of the deck could not be drawn: {listed(undrawn)}.")
    if unread:
        warnings.append(f"These pages of the deck are pictures whose text was not read: {listed(unread)}.")
    return titled(pages, layers), tuple(warnings)


def _is_scanned(page: PdfPage) -> bool:
    """No text of its own, or none that means anything, and yet something is drawn."""
    letters = sum(char.isalpha() for line in page.lines for char in line.text)
    if letters >= _FEWEST_LETTERS and not page.garbled:
        return False
    return page.picture is not None and float(page.picture[::4, ::4].std()) > _INKED


def _read_pptx(
    path: Path, out_dir: Path, reader: SlideReader | None, progress: Callable[[float], None]
) -> tuple[list[DeckPage], tuple[str, ...]]:
    outline = read_outline(path)
    shown = [page for page in outline if not page.hidden]
    drawn: dict[int, DeckPage] = {}
    warnings: tuple[str, ...] = (NO_PICTURES,)
    with TemporaryDirectory(dir=out_dir) as work:
        pdf = to_pdf(path, Path(work))
        if pdf is not None:
            pages, warnings = _read_pdf(pdf, Path(work), reader, progress)
            if len(pages) == len(shown):  # LibreOffice leaves hidden slides out
                for slide, page in zip(shown, pages, strict=True):
                    drawn[slide.number] = _moved(page, slide.number, Path(work), out_dir)
            else:
                warnings = (NOT_DRAWN,)
        elif office_installed():
            warnings = (NOT_DRAWN,)
    return [_slide(page, drawn.get(page.number)) for page in outline], warnings


def _moved(page: DeckPage, number: int, work: Path, out_dir: Path) -> DeckPage:
    image = f"page_{number:04d}.png" if page.image else None
    if page.image and image:
        (work / page.image).rename(out_dir / image)
    text = SlideText(number=number, lines=page.text.lines)
    return page.model_copy(update={"number": number, "image": image, "text": text})


def _slide(outline: OutlinePage, drawn: DeckPage | None) -> DeckPage:
    said = {"title": outline.title, "notes": outline.notes, "hidden": outline.hidden}
    if drawn is not None:
        return drawn.model_copy(update=said)
    return DeckPage(
        number=outline.number,
        title=outline.title,
        text=SlideText(number=outline.number, lines=outline.lines),
        width=outline.width,
        height=outline.height,
        notes=outline.notes,
        hidden=outline.hidden,
    )


def listed(numbers: Sequence[int]) -> str:
    """1–3, 7"""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}–{run[-1]}" for run in runs)
