"""Slides as Typst source, drawn once per build step."""

from __future__ import annotations

import importlib.util
import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
import typst
from PIL import Image

THEME = Path(__file__).parent.parent / "theme.typ"
FONT_PACKAGES = ("font_source_sans_pro", "font_roboto")
PAGE_HEIGHT_PT = 540

Picture = npt.NDArray[np.uint8]  # height x width x RGB


@dataclass(frozen=True)
class SlideSource:
    slide_id: str
    title: str
    body: str
    number: int
    builds: int = 1
    layout: str = "content"


def font_folders() -> list[Path]:
    """Folders of the font wheels, so that a slide looks the same on every machine."""
    specs = [importlib.util.find_spec(name) for name in FONT_PACKAGES]
    if None in specs:
        raise SystemExit("the slides' fonts are missing: pip install -r samples/requirements.txt")
    return [Path(str(spec.origin)).parent / "files" for spec in specs if spec]


def draw(slide: SlideSource, build: int, *, theme: str, lecture: str, height: int) -> Picture:
    """The slide as it looks at a build step (0: before the first build), `height` pixels high, 16:9."""
    source = f"{THEME.read_text()}\n{slide.body}"
    png = typst.compile(
        source.encode(),
        format="png",
        ppi=72 * height / PAGE_HEIGHT_PT,
        font_paths=[str(folder) for folder in font_folders()],
        sys_inputs={
            "build": str(build),
            "theme": theme,
            "title": slide.title,
            "lecture": lecture,
            "number": str(slide.number),
            "layout": slide.layout,
        },
    )
    if not isinstance(png, bytes):
        raise SystemExit(f"slide '{slide.slide_id}' does not fit on one page")
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))
