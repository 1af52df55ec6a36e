"""Reading drawn slides: words, order, boxes, and nothing that is not text."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFont

from app.errors import BadConfiguration, BadMedia
from app.lectures.model import SlideText
from app.lectures.ocr import SlideReader

TITLE = "Gradient descent"
POINTS = (
    "Start with random weights",
    "Compute the loss and its gradient",
    "Step against the gradient",
    "Repeat until the loss is below 0.01",
    "Learning rate is 0.1, e.g. with 32 samples",
)
THEMES = {
    "light": ("white", "black", "#1f4e9e"),
    "cream": ("#fff8e7", "#333333", "#aa2200"),
    "dark": ("#101820", "#f0f0f0", "#ffd166"),
    "blue": ("#1b3a6b", "white", "#ffe08a"),
}


def draw(path: Path, *, theme: str = "light", width: int = 1280, bullets: bool = True) -> Path:
    ground, ink, accent = THEMES[theme]
    image = Image.new("RGB", (1920, 1080), ground)
    pen = ImageDraw.Draw(image)
    pen.text((120, 80), TITLE, font=ImageFont.load_default(84), fill=accent)
    for row, point in enumerate(POINTS):
        top = 280 + row * 120
        if bullets:
            pen.ellipse((130, top + 20, 150, top + 40), fill=ink)
        pen.text((190, top), point, font=ImageFont.load_default(52), fill=ink)
    pen.rectangle((1350, 700, 1800, 950), outline=ink, width=4)
    pen.line((1350, 950, 1800, 700), fill=accent, width=5)
    image.resize((width, width * 9 // 16), Image.Resampling.LANCZOS).save(path)
    return path


def tokens(text: str) -> Counter[str]:
    return Counter(re.findall(r"[\w.]+", text.lower()))


def word_f1(found: SlideText) -> float:
    truth, read = tokens(" ".join((TITLE, *POINTS))), tokens(found.text)
    return 2 * (truth & read).total() / (truth.total() + read.total())


@pytest.fixture(scope="module")
def reader() -> Iterator[SlideReader]:
    with SlideReader() as reader:
        yield reader


@pytest.mark.parametrize("width", [640, 1280, 1920])
@pytest.mark.parametrize("theme", THEMES)
def test_words_of_light_and_dark_slides(reader: SlideReader, tmp_path: Path, theme: str, width: int) -> None:
    found = reader.read(draw(tmp_path / "slide.png", theme=theme, width=width), number=3)
    assert word_f1(found) >= 0.95
    assert found.number == 3
    assert found.lines[0].text == TITLE
    assert [line.text for line in found.lines[1:3]] == list(POINTS[:2])


def test_boxes_are_pixels_of_the_image(reader: SlideReader, tmp_path: Path) -> None:
    for width in (640, 1920):
        found = reader.read(draw(tmp_path / "slide.png", width=width), number=1)
        scale = width / 1920
        title = found.lines[0].words[0]
        assert title.x == pytest.approx(120 * scale, abs=8 * scale + 2)
        assert 80 * scale <= title.y <= 110 * scale
        assert 50 * scale <= title.height <= 84 * scale
        assert found.lines[0].height > found.lines[1].height
        for line in found.lines:
            assert [word.x for word in line.words] == sorted(word.x for word in line.words)
            assert all(0 <= word.confidence <= 1 for word in line.words)


LEFT = ["Merge sort is stable", "It needs linear space", "It runs in a fixed time", "It suits linked lists"]
RIGHT = ["Quick sort is not stable", "It sorts in place", "Its worst case is slow"]


def write(path: Path, items: list[tuple[int, int, str]]) -> Path:
    image = Image.new("RGB", (1920, 1080), "white")
    pen = ImageDraw.Draw(image)
    for x, y, text in items:
        pen.text((x, y), text, font=ImageFont.load_default(48), fill="black")
    image.save(path)
    return path


def columns(*texts: list[str]) -> list[tuple[int, int, str]]:
    width = 1700 // len(texts)
    return [
        (100 + width * place, 300 + row * 80, text)
        for place, column in enumerate(texts)
        for row, text in enumerate(column)
    ]


def test_columns_are_read_one_after_the_other(reader: SlideReader, tmp_path: Path) -> None:
    title = "Two ways of sorting that every programmer should know well"
    path = write(
        tmp_path / "two.png", [(100, 100, title), *columns(LEFT, RIGHT), (100, 900, "Lecture 3 of 12")]
    )
    found = reader.read(path, number=1)
    assert [line.text for line in found.lines] == [title, *LEFT, *RIGHT, "Lecture 3 of 12"]
    three = [["Merge sort", "Is stable", "Needs space"], ["Quick sort", "Not stable", "In place"]]
    three.append(["Heap sort too", "Uses no extra", "Is not stable"])
    found = reader.read(write(tmp_path / "three.png", columns(*three)), number=1)
    assert [line.text for line in found.lines] == [text for column in three for text in column]


def test_tables_are_read_by_rows(reader: SlideReader, tmp_path: Path) -> None:
    table = columns(["Method", "Merge", "Quick"], ["Average", "fast", "fast"], ["Stable", "yes", "no"])
    found = reader.read(write(tmp_path / "table.png", table), number=1)
    assert " ".join(line.text for line in found.lines) == "Method Average Stable Merge fast yes Quick fast no"


def test_bullets_and_drawings_are_not_words(reader: SlideReader, tmp_path: Path) -> None:
    with_bullets = reader.read(draw(tmp_path / "a.png"), number=1)
    assert tokens(with_bullets.text) == tokens(" ".join((TITLE, *POINTS)))


def test_a_photograph_or_an_empty_slide_has_no_text(reader: SlideReader, tmp_path: Path) -> None:
    noise = np.random.default_rng(2).integers(0, 255, (90, 160, 3), dtype=np.uint8)
    Image.fromarray(noise).resize((1280, 720), Image.Resampling.BICUBIC).save(tmp_path / "photo.png")
    Image.new("RGB", (1280, 720), "white").save(tmp_path / "empty.png")
    Image.new("L", (1, 1)).save(tmp_path / "dot.png")
    for name in ("photo.png", "empty.png", "dot.png"):
        assert reader.read(tmp_path / name, number=1).lines == ()


def test_transparent_pictures(reader: SlideReader, tmp_path: Path) -> None:
    image = Image.new("RGBA", (1280, 400), (0, 0, 0, 0))
    ImageDraw.Draw(image).text((50, 100), "Black on nothing", font=ImageFont.load_default(64), fill="black")
    image.save(tmp_path / "clear.png")
    assert reader.read(tmp_path / "clear.png", number=1).text == "Black on nothing"


def test_one_call_reads_one_slide(tmp_path: Path) -> None:
    with SlideReader() as reader:
        assert word_f1(reader.read(draw(tmp_path / "slide.png"), number=7)) >= 0.95


def test_a_broken_picture(reader: SlideReader, tmp_path: Path) -> None:
    (tmp_path / "slide.png").write_bytes(b"\x89PNG\r\n\x1a\n")
    with pytest.raises(BadMedia, match="picture of slide 4"):
        reader.read(tmp_path / "slide.png", number=4)


def test_missing_language_data_name_the_package(tmp_path: Path) -> None:
    with pytest.raises(BadConfiguration, match=r"data for xyz_sim; .*apt-get install tesseract-ocr-xyz-sim$"):
        SlideReader("eng+xyz_sim")
    with pytest.raises(BadConfiguration, match="apt-get install tesseract-ocr-eng"):
        SlideReader(tessdata=tmp_path)
    (tmp_path / "eng.traineddata").write_bytes(b"not a model")
    with pytest.raises(BadConfiguration, match="cannot be loaded"):
        SlideReader(tessdata=tmp_path)
