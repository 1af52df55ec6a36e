"""A deck of seven pages with a text layer, and the pieces that damaged and other decks are made of."""

from __future__ import annotations

from pathlib import Path

import pytest
import typst

from app.lectures.decks import read_deck
from app.lectures.model import Deck

PAGES = (
    ("Hash tables", "Keys and values", "Looking up in constant time"),
    ("Collisions", "Chaining keeps a list in each bucket"),
    ("Collisions", "Chaining keeps a list in each bucket", "Open addressing probes further slots"),
    (
        "Collisions",
        "Chaining keeps a list in each bucket",
        "Open addressing probes further slots",
        "Tombstones mark deleted entries",
    ),
    ("Load factor", "Resize beyond 0.75", "Amortised cost of growing"),
    ("Load factor", "Resize beyond 0.85", "Amortised cost of growing"),
    ("Summary", "Cryptographic digests", "Bloom filters next week"),
)
_HEAD = (
    '#set page(width: 320mm, height: 180mm, margin: 20mm)\n#set text(size: 26pt, font: "Libertinus Serif")\n'
)


def write_pdf(path: Path, pages: tuple[tuple[str, ...], ...] = PAGES) -> Path:
    body = "\n#pagebreak()\n".join(
        f"#text(size: 44pt)[{title}]\n\n" + "\n\n".join(f"- {line}" for line in lines)
        for title, *lines in pages
    )
    source = path.with_suffix(".typ")
    source.write_text(_HEAD + body)
    typst.compile(str(source), output=str(path))
    return path


@pytest.fixture(scope="session")
def deck_file(tmp_path_factory) -> Path:
    return write_pdf(tmp_path_factory.mktemp("deck") / "deck.pdf")


@pytest.fixture(scope="session")
def deck_dir(tmp_path_factory) -> Path:
    return tmp_path_factory.mktemp("pages")


@pytest.fixture(scope="session")
def deck(deck_file, deck_dir) -> Deck:
    return read_deck(deck_file, deck_dir)
