"""Read the text of slides with Tesseract, as words in boxes and in reading order."""

from __future__ import annotations

from collections.abc import Sequence
from glob import glob
from pathlib import Path
from statistics import median
from types import TracebackType

import tesserocr
from PIL import Image, UnidentifiedImageError

from app.errors import BadConfiguration, BadMedia
from app.lectures.columns import in_reading_order
from app.lectures.model import SlideText, TextLine, TextWord

# Debian, Fedora, Arch and Alpine, Homebrew (Intel, Apple silicon).
_TESSDATA = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tesseract-ocr/tessdata",
    "/usr/share/tesseract/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)
_NARROW = 1000  # pixels; below, body text is smaller than the 20 px that Tesseract likes
_SURE_OF_WORD = 0.30
_SURE_OF_LINE = 0.80
_LENIENCY = 0.30
_SURE_OF_GLYPH = 0.70  # a lone glyph or a word of signs is mostly an icon or a bit of a drawing
# What Tesseract makes of a round or square bullet before a line of text.
_BULLETS = frozenset("•●○◦▪■□▶►»«*·°¢©®eo@-–—+>~.")


class SlideReader:
    """One Tesseract engine for many slides (loading it costs 0.1 s). Not for several threads at once."""

    def __init__(self, language: str = "eng", *, tessdata: Path | None = None) -> None:
        """`language`: Tesseract's codes, joined by "+" ("eng+deu"); `tessdata`: folder of *.traineddata."""
        folder = _language_data(language, tessdata)
        try:
            self._engine = tesserocr.PyTessBaseAPI(
                path=str(folder), lang=language, psm=tesserocr.PSM.AUTO, oem=tesserocr.OEM.LSTM_ONLY
            )
        except RuntimeError as error:
            raise BadConfiguration(
                f"The text recognition data for {language!r} in {folder} cannot be loaded."
            ) from error

    def __enter__(self) -> SlideReader:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._engine.End()

    def read(self, image: Path, *, number: int) -> SlideText:
        """Lines of words in reading order; boxes in pixels of `image`, confidence 0..1."""
        try:
            with Image.open(image) as picture:
                lines = self.lines(picture)
        except (OSError, UnidentifiedImageError) as error:
            raise BadMedia(f"The picture of slide {number} cannot be read.") from error
        return SlideText(number=number, lines=tuple(lines))

    def lines(self, picture: Image.Image) -> list[TextLine]:
        """Lines of words in reading order; boxes in pixels of the picture, confidence 0..1."""
        page, scale = _prepared(picture)
        self._engine.SetImage(page)
        try:
            self._engine.SetSourceResolution(round(96 * scale))
            self._engine.Recognize()
            lines = [kept for line in self._lines(scale) if (kept := _without_junk(line))]
        finally:
            self._engine.Clear()
        return [TextLine(words=tuple(line)) for line in in_reading_order(lines)]

    def _lines(self, scale: float) -> list[list[TextWord]]:
        lines: list[list[TextWord]] = []
        found = self._engine.GetIterator()
        if found is None:
            return lines
        level = tesserocr.RIL
        for item in tesserocr.iterate_level(found, level.WORD):
            if item.Empty(level.WORD):
                continue
            if not lines or item.IsAtBeginningOf(level.TEXTLINE):
                lines.append([])
            text = item.GetUTF8Text(level.WORD).strip()
            box = item.BoundingBox(level.WORD)
            if not text or box is None:
                continue
            left, top, right, bottom = (round(edge / scale) for edge in box)
            lines[-1].append(
                TextWord(
                    text=text,
                    x=left,
                    y=top,
                    width=right - left,
                    height=bottom - top,
                    confidence=round(min(max(item.Confidence(level.WORD) / 100, 0.0), 1.0), 3),
                )
            )
        return lines


def _language_data(language: str, tessdata: Path | None) -> Path:
    folders = [tessdata] if tessdata else [Path(f) for pattern in _TESSDATA for f in sorted(glob(pattern))]
    codes = language.split("+")
    for folder in folders:
        if all((folder / f"{code}.traineddata").is_file() for code in codes):
            return folder
    missing = [c for c in codes if not any((f / f"{c}.traineddata").is_file() for f in folders)] or codes
    packages = " ".join(f"tesseract-ocr-{code.lower().replace('_', '-')}" for code in missing)
    raise BadConfiguration(
        f"There is no text recognition data for {', '.join(missing)}; "
        f"install it with: apt-get install {packages}"
    )


def _prepared(picture: Image.Image) -> tuple[Image.Image, float]:
    """Grey and large enough, with the factor by which it was enlarged.

    Light text on dark needs nothing: Tesseract inverts line by line, and inverting the whole slide
    beforehand changed word F1 by less than 0.001 over 96 drawn slides.
    """
    if picture.mode in ("RGBA", "LA", "P", "PA"):
        # What is transparent is the white of the page.
        picture = picture.convert("RGBA")
        page = Image.new("RGBA", picture.size, "white")
        page.alpha_composite(picture)
        picture = page
    grey = picture.convert("L")
    if grey.width >= _NARROW:
        return grey, 1.0
    scale = min(1600 / grey.width, 4.0)
    size = (round(grey.width * scale), round(grey.height * scale))
    return grey.resize(size, Image.Resampling.BICUBIC), scale


def _without_junk(line: Sequence[TextWord]) -> list[TextWord]:
    # A doubtful word amid sure ones is a word; a line of doubtful ones is a drawing.
    sure = len(line) > 2 and median(word.confidence for word in line) >= _SURE_OF_LINE
    kept = [
        word
        for place, word in enumerate(line)
        if word.confidence >= (_limit(word) - (_LENIENCY if sure and place else 0.0))
    ]
    if len(kept) > 1 and _is_bullet(kept[0], kept[1]):
        kept = kept[1:]
    return kept


def _limit(word: TextWord) -> float:
    meaningless = len(word.text) == 1 or not any(glyph.isalnum() for glyph in word.text)
    return _SURE_OF_GLYPH if meaningless else _SURE_OF_WORD


def _is_bullet(word: TextWord, after: TextWord) -> bool:
    """A lone glyph set off from the text and lower than it; a real "e" is nearer, a real "A" higher."""
    gap = after.x - (word.x + word.width)
    return word.text in _BULLETS and gap > 0.35 * after.height and word.height < 0.8 * after.height
