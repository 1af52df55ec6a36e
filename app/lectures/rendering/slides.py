"""The deck as PDF: the pictures of the slides, with their words searchable where they stand."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from app.errors import BadInput
from app.lectures.analysis.headings import slide_titles
from app.lectures.model import Slide, SlideExtraction, SlideText, TextLine
from app.lectures.rendering import text as t
from app.lectures.rendering.pdffile import InvisibleFont, PdfFile, text_string
from app.lectures.rendering.pictures import jpeg

PAGE_WIDTH = 960.0  # points: 13 1/3 inches, the usual width of a projected slide
PICTURE_WIDTH = 1920
PICTURE_QUALITY = 88


def slide_pdf(
    extraction: SlideExtraction, texts: Sequence[SlideText], image_dir: Path, out: Path, *, title: str
) -> None:
    """Write one page a slide to `out`, with a bookmark each; the same input gives the same bytes.

    The words of `texts` lie invisibly (text rendering mode 3) on the boxes where they were read.
    BadInput if there are no slides, or if a picture is missing.
    """
    if not extraction.slides:
        raise BadInput("No slides were found in this recording, so there is no slide PDF.")
    file, font = PdfFile(), InvisibleFont()
    tree, font_number = file.reserve(), file.reserve()
    read = {text.number: text for text in texts}
    pages = [
        _page(file, font, tree, font_number, slide, read.get(slide.number), image_dir)
        for slide in extraction.slides
    ]
    kids = " ".join(f"{page} 0 R" for page in pages)
    file.put(tree, f"<< /Type /Pages /Count {len(pages)} /Kids [{kids}] >>")
    font.write(file, font_number)
    titles = slide_titles(texts)
    marks = [_bookmark(slide, titles.get(slide.number, "")) for slide in extraction.slides]
    outline = _outline(file, pages, marks)
    root = file.add(
        f"<< /Type /Catalog /Pages {tree} 0 R /Outlines {outline} 0 R /PageMode /UseOutlines "
        "/ViewerPreferences << /DisplayDocTitle true >> >>"
    )
    info = file.add(f"<< /Title {text_string(t.clean(title))} /Producer {text_string('Lectern')} >>")
    out.write_bytes(file.write(root=root, info=info))


def _page(
    file: PdfFile,
    font: InvisibleFont,
    tree: int,
    font_number: int,
    slide: Slide,
    text: SlideText | None,
    image_dir: Path,
) -> int:
    data, width, height = jpeg(image_dir / slide.image, widest=PICTURE_WIDTH, quality=PICTURE_QUALITY)
    picture = file.stream(
        data,
        f"/Type /XObject /Subtype /Image /Width {width} /Height {height} /ColorSpace /DeviceRGB "
        "/BitsPerComponent 8 /Filter /DCTDecode",
        compress=False,
    )
    # OCR boxes are in pixels of the original picture, which the embedded one may have shrunk.
    scale = PAGE_WIDTH / slide.width
    page_height = slide.height * scale
    drawing = [f"q {PAGE_WIDTH:.2f} 0 0 {page_height:.2f} 0 0 cm /P Do Q"]
    if text is not None:
        drawing += ["BT 3 Tr", *(_words(line, font, scale, page_height) for line in text.lines), "ET"]
    content = file.stream("\n".join(drawing).encode("ascii"))
    return file.add(
        f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {PAGE_WIDTH:.2f} {page_height:.2f}] "
        f"/Resources << /XObject << /P {picture} 0 R >> /Font << /F {font_number} 0 R >> >> "
        f"/Contents {content} 0 R >>"
    )


def _words(line: TextLine, font: InvisibleFont, scale: float, page_height: float) -> str:
    """Text operators that lay each word on its box and a space on each gap between words.

    All from left to right as the eye sees them: readers restore the order of right-to-left scripts.
    """
    operators = []
    words = [(word, t.visual(t.clean(word.text))) for word in sorted(line.words, key=lambda word: word.x)]
    shown = [(word, said) for word, said in words if said and word.width > 0 and word.height > 0]
    for position, (word, said) in enumerate(shown):
        baseline = page_height - (word.y + word.height) * scale
        size = word.height * scale

        def lay(text: str, x: float, width: float, *, size: float = size, y: float = baseline) -> str:
            stretch = 100 * width * scale / (len(text) * font.ADVANCE * size)
            return (
                f"/F {size:.2f} Tf {stretch:.2f} Tz 1 0 0 1 {x * scale:.2f} {y:.2f} Tm {font.encode(text)} Tj"
            )

        operators.append(lay(said, word.x, word.width))
        if position + 1 < len(shown):
            end = word.x + word.width
            operators.append(lay(" ", end, max(1, shown[position + 1][0].x - end)))
    return "\n".join(operators)


def _bookmark(slide: Slide, title: str) -> str:
    first_s = slide.intervals[0].start_s if slide.intervals else slide.frame_s
    return f"{t.clean(title) or f'Slide {slide.number}'} · {t.clock(first_s)}"


def _outline(file: PdfFile, pages: Sequence[int], titles: Sequence[str]) -> int:
    root = file.reserve()
    items = [file.reserve() for _ in pages]
    for at, (item, page, title) in enumerate(zip(items, pages, titles, strict=True)):
        previous = f"/Prev {items[at - 1]} 0 R " if at else ""
        following = f"/Next {items[at + 1]} 0 R " if at + 1 < len(items) else ""
        file.put(
            item,
            f"<< /Title {text_string(title)} /Parent {root} 0 R {previous}{following}"
            f"/Dest [{page} 0 R /Fit] >>",
        )
    return file.put(
        root, f"<< /Type /Outlines /First {items[0]} 0 R /Last {items[-1]} 0 R /Count {len(items)} >>"
    )
