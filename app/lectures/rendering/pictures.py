"""Slide pictures made small enough for a document that is printed or sent."""

from __future__ import annotations

from collections.abc import Iterable
from io import BytesIO
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from app.errors import BadInput
from app.lectures.rendering.view import SlideView

# A JPEG leaner than this (185 kB at 1080p) is taken as it is: coding it again would only cost sharpness.
MOST_BYTES_PER_PIXEL = 0.09


def jpeg(path: Path, *, widest: int, quality: int) -> tuple[bytes, int, int]:
    """The picture as baseline RGB JPEG at most `widest` pixels wide, with its width and height.

    BadInput if the file is missing or is no picture.
    """
    try:
        with Image.open(path) as picture:
            fits = picture.format == "JPEG" and picture.mode == "RGB" and picture.width <= widest
            if fits and path.stat().st_size <= MOST_BYTES_PER_PIXEL * picture.width * picture.height:
                return path.read_bytes(), picture.width, picture.height
            height = max(1, round(picture.height * widest / picture.width))
            # A JPEG decoder that halves while it decodes saves most of the time.
            picture.draft("RGB", (widest, height))
            rgb = picture.convert("RGB")
            if rgb.width > widest:
                # The gap of 1 averages whole blocks first: ten times faster, and no worse for halving.
                rgb = rgb.resize((widest, height), Image.Resampling.LANCZOS, reducing_gap=1.0)
            out = BytesIO()
            rgb.save(out, "JPEG", quality=quality, optimize=True)
            return out.getvalue(), rgb.width, rgb.height
    except (FileNotFoundError, UnidentifiedImageError) as error:
        raise BadInput(f"The slide picture {path.name} is missing or cannot be read.") from error


def shrink_into(
    folder: Path, slides: Iterable[SlideView], image_dir: Path, *, widest: int, quality: int
) -> None:
    """Write `slide-<number>.jpg` into `folder` for every slide."""
    for slide in slides:
        data, _, _ = jpeg(image_dir / slide.image, widest=widest, quality=quality)
        (folder / f"slide-{slide.number}.jpg").write_bytes(data)
