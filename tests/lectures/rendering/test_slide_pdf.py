from __future__ import annotations

from pathlib import Path

import pypdfium2 as pdfium
import pytest
from PIL import Image, ImageChops, ImageStat
from rendering_lecture import Lecture
from rendering_pdf import bookmarks

from app.errors import BadInput
from app.lectures.model import SlideExtraction, SlideText, TextLine, TextWord
from app.lectures.rendering import slide_pdf


@pytest.fixture(scope="module")
def deck(hashing: Lecture, tmp_path_factory: pytest.TempPathFactory) -> Path:
    out = tmp_path_factory.mktemp("deck") / "slides.pdf"
    slide_pdf(hashing.extraction, hashing.texts, hashing.image_dir, out, title="Hash Tables")
    return out


def test_every_word_is_found_on_the_box_where_it_was_read(deck: Path, hashing: Lecture) -> None:
    checked = 0
    with pdfium.PdfDocument(deck) as document:
        for page, text in zip(document, hashing.texts, strict=True):
            width, height = page.get_size()
            scale = width / 1280
            found = page.get_textpage()
            for word in (word for line in text.lines for word in line.words if len(word.text) > 5):
                match = found.search(word.text, match_whole_word=True).get_next()
                assert match is not None, word.text
                boxes = [found.get_charbox(index) for index in range(match[0], match[0] + match[1])]
                left, bottom = min(box[0] for box in boxes), min(box[1] for box in boxes)
                right, top = max(box[2] for box in boxes), max(box[3] for box in boxes)
                assert left == pytest.approx(word.x * scale, abs=1.5)
                assert right == pytest.approx((word.x + word.width) * scale, abs=1.5)
                assert top == pytest.approx(height - word.y * scale, abs=3)
                assert bottom == pytest.approx(height - (word.y + word.height) * scale, abs=3)
                checked += 1
    assert checked > 30


def test_lines_read_with_spaces_and_words_of_one_letter(deck: Path) -> None:
    with pdfium.PdfDocument(deck) as document:
        text = document[2].get_textpage().get_text_range()
    assert text.splitlines() == [
        "A hash function",
        "h : keys → {0 … m − 1}",
        "Deterministic",
        "Spreads keys evenly",
    ]


def test_the_picture_fills_the_page_and_the_text_on_it_is_invisible(deck: Path, hashing: Lecture) -> None:
    with pdfium.PdfDocument(deck) as document:
        assert len(document) == 12
        assert document[4].get_size() == pytest.approx((960, 540))
        shown = document[4].render(scale=1280 / 960).to_pil().convert("RGB")
    with Image.open(hashing.image_dir / "slide-005.png") as drawn:
        difference = ImageChops.difference(shown, drawn.convert("RGB").resize(shown.size))
    assert max(ImageStat.Stat(difference).mean) < 1.5


def test_bookmarks_carry_titles_and_times_and_the_metadata_the_title(deck: Path) -> None:
    marks = bookmarks(deck)
    assert marks["Deleting with tombstones · 11:05"] == 7
    assert list(marks.values()) == list(range(12))
    with pdfium.PdfDocument(deck) as document:
        assert document.get_metadata_dict()["Title"] == "Hash Tables"


def test_any_script_is_searchable_and_nothing_in_it_is_syntax(hashing: Lecture, tmp_path: Path) -> None:
    said = ["漢字", "שלום", "😀", ")Tj(", "<</S>>", "\\end\x00stream"]
    words = tuple(
        TextWord(text=word, x=100, y=80 * row + 60, width=200, height=40, confidence=1.0)
        for row, word in enumerate(said)
    )
    only = hashing.extraction.model_copy(update={"slides": hashing.extraction.slides[:1]})
    text = SlideText(number=1, lines=tuple(TextLine(words=(word,)) for word in words))
    slide_pdf(only, [text], hashing.image_dir, tmp_path / "out.pdf", title="(漢\\字)")
    with pdfium.PdfDocument(tmp_path / "out.pdf") as document:
        found = document[0].get_textpage().get_text_range()
        assert document.get_metadata_dict()["Title"] == "(漢\\字)"
    for word in (*said[:-1], "\\endstream"):
        assert word in found


def test_the_same_deck_gives_the_same_bytes(deck: Path, hashing: Lecture, tmp_path: Path) -> None:
    slide_pdf(hashing.extraction, hashing.texts, hashing.image_dir, tmp_path / "b.pdf", title="Hash Tables")
    assert (tmp_path / "b.pdf").read_bytes() == deck.read_bytes()


def test_without_slides_or_with_a_lost_picture_it_says_so(hashing: Lecture, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="No slides"):
        slide_pdf(SlideExtraction(slides=(), duration_s=1), (), tmp_path, tmp_path / "a.pdf", title="x")
    with pytest.raises(BadInput, match=r"slide-001\.png is missing"):
        slide_pdf(hashing.extraction, (), tmp_path, tmp_path / "a.pdf", title="x")
    assert not (tmp_path / "a.pdf").exists()
