"""A deck: drawn from titles and points, or any PDF; and its pages as pictures."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
import typst
from numpy.typing import NDArray
from PIL import Image

from benchmarks.lectures.prose import PageTalk

Picture = NDArray[np.uint8]

_THEME = """
#let pages = json(bytes(sys.inputs.pages))
#set page(width: 960pt, height: 540pt, margin: (x: 60pt, top: 96pt, bottom: 44pt), fill: rgb("#fdfdfb"),
  background: place(top, rect(width: 100%, height: 74pt, fill: rgb("#1d3557"))),
  footer: [#set text(13pt, fill: luma(120)); The Python language #h(1fr) #context counter(page).display()])
#set text(font: "Libertinus Serif", size: 25pt, fill: rgb("#222222"))
#set list(marker: text(fill: rgb("#e07a1f"))[•], spacing: 24pt)
#for page in pages [
  #place(top, dy: -78pt, text(fill: white, size: 32pt, weight: "bold", page.title))
  #v(18pt)
  #list(..page.points.map(point => [#point]))
  #pagebreak(weak: true)
]
"""


def write(pages: Sequence[PageTalk], target: Path) -> None:
    """A 16:9 deck of one page for each of `pages`."""
    content = json.dumps([{"title": page.title, "points": page.points} for page in pages])
    target.write_bytes(typst.compile(_THEME.encode(), format="pdf", sys_inputs={"pages": content}))
    with pdfium.PdfDocument(target) as document:
        if len(document) != len(pages):
            raise ValueError(f"{len(pages)} pages were to be drawn, {len(document)} came out")


def pictures(deck: Path, numbers: Sequence[int], width: int, height: int) -> dict[int, Picture]:
    """Pages (numbered from 1) as they fill a screen of that size, in pixels, black beside them."""
    drawn = {}
    with pdfium.PdfDocument(deck) as document:
        for number in sorted(set(numbers)):
            page = document[number - 1]
            across, down = page.get_size()
            image = page.render(scale=min(width / across, height / down)).to_pil().convert("RGB")
            image = image.crop((0, 0, min(width, image.width), min(height, image.height)))
            screen = Image.new("RGB", (width, height))
            screen.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
            drawn[number] = np.asarray(screen)
    return drawn
