"""Slides out of PDF decks: pages that differ clearly, and builds made of them."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pypdfium2 as pdfium
from numpy.typing import NDArray
from PIL import Image

_INK = 40  # levels from the background that count as something drawn


def pages(
    decks: Sequence[Path], width: int, height: int, count: int, chance: random.Random
) -> list[tuple[str, Image.Image]]:
    """(name, picture) of up to `count` pages that fill a screen of that size, mostly of one deck, in order.

    Overlays of a page (beamer writes one PDF page a step) are left out: each picture is a slide of its own.
    """
    order = list(decks)
    chance.shuffle(order)
    chosen: list[tuple[str, Image.Image]] = []
    thumbs: list[NDArray[np.int16]] = []
    for deck in order:
        with pdfium.PdfDocument(deck) as document:
            step = max(1, len(document) // max(1, count))
            for number in range(chance.randrange(step), len(document), step):
                if len(chosen) == count:
                    return chosen
                page = document[number]
                across, down = page.get_size()
                image = page.render(scale=min(width / across, height / down)).to_pil().convert("RGB")
                thumb = np.asarray(image.convert("L").resize((160, 90)), np.int16)
                alike = any(np.mean(np.abs(thumb - other) > 24) < 0.02 for other in thumbs)
                if thumb.std() < 6 or alike:
                    continue
                thumbs.append(thumb)
                screen = Image.new("RGB", (width, height), chance.choice(("black", "white")))
                image = image.crop((0, 0, min(width, image.width), min(height, image.height)))
                screen.paste(image, ((width - image.width) // 2, (height - image.height) // 2))
                chosen.append((f"{deck.name}#{number + 1}", screen))
    return chosen


def reveal(page: Image.Image, steps: int, chance: random.Random) -> list[Image.Image]:
    """A page uncovered from the top in up to so many steps, cut between lines; the last is the page."""
    whole = np.asarray(page)
    height, width = whole.shape[:2]
    back = np.median(whole[::7, ::7].reshape(-1, 3), axis=0).astype(np.uint8)
    drawn = (np.abs(whole.astype(np.int16) - back).max(axis=2) > _INK).sum(axis=1)
    shown: list[NDArray[np.uint8]] = []
    for share in sorted(chance.uniform(0.35, 0.85) for _ in range(steps - 1)):
        wanted = int(share * height)
        near = range(max(0, wanted - height // 12), min(height, wanted + height // 12))
        between = [y for y in near if drawn[y] < width * 0.002]
        cut = min(between, key=lambda y: abs(y - wanted)) if between else wanted
        covered = whole.copy()
        covered[cut:] = back
        before = shown[-1] if shown else np.zeros_like(whole)
        adds = (np.abs(covered.astype(np.int16) - before).max(axis=2) > _INK).mean() > 0.002
        lacks = (covered != whole).any(axis=2).mean() > 0.004
        if adds and lacks:
            shown.append(covered)
    return [Image.fromarray(picture) for picture in shown] + [page]
