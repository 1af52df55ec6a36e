"""PPTX: order, titles, notes and hidden slides; drawing by LibreOffice, stood in for by a script; bombs."""

from __future__ import annotations

import shutil
import zipfile
from pathlib import Path

import pytest

from app.errors import BadMedia, TooLarge
from app.lectures.decks import pptx, read_deck

A = "http://schemas.openxmlformats.org/drawingml/2006/main"
P = "http://schemas.openxmlformats.org/presentationml/2006/main"
R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
OPEN = f'xmlns:a="{A}" xmlns:p="{P}" xmlns:r="{R}"'
RELS = 'xmlns="http://schemas.openxmlformats.org/package/2006/relationships"'


def shape(text: str, role: str = "") -> str:
    holder = f'<p:ph type="{role}"/>' if role else ""
    paragraphs = "".join(f"<a:p><a:r><a:t>{line}</a:t></a:r></a:p>" for line in text.split("|"))
    return f"<p:sp><p:nvSpPr><p:nvPr>{holder}</p:nvPr></p:nvSpPr><p:txBody>{paragraphs}</p:txBody></p:sp>"


def slide(*shapes: str, show: str = "") -> str:
    return f"<p:sld {OPEN} {show}><p:cSld><p:spTree>{''.join(shapes)}</p:spTree></p:cSld></p:sld>"


def write_pptx(path: Path, slides: list[str], order: list[int], **parts: str) -> Path:
    """`order`: which slide parts, from 1, the presentation shows; `parts`: name with __ for / → content."""
    ids = "".join(f'<p:sldId id="{255 + i}" r:id="rId{i}"/>' for i in order)
    rels = "".join(
        f'<Relationship Id="rId{i}" Type="{R}/slide" Target="slides/slide{i}.xml"/>'
        for i in range(1, len(slides) + 1)
    )
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        size = '<p:sldSz cx="16" cy="9"/>'
        package.writestr(
            "ppt/presentation.xml",
            f"<p:presentation {OPEN}><p:sldIdLst>{ids}</p:sldIdLst>{size}</p:presentation>",
        )
        package.writestr("ppt/_rels/presentation.xml.rels", f"<Relationships {RELS}>{rels}</Relationships>")
        for i, content in enumerate(slides, 1):
            package.writestr(f"ppt/slides/slide{i}.xml", content)
        for name, content in parts.items():
            package.writestr(name.replace("__", "/").replace("DOT", "."), content)
    return path


@pytest.fixture
def deck_file(tmp_path) -> Path:
    slides = [
        slide(shape("Second one", "title"), shape("Buckets|Load factor")),
        slide(shape("First one", "ctrTitle"), shape("17", "sldNum")),
        slide(shape("Kept back", "title"), show='show="0"'),
    ]
    notes = f"<p:notes {OPEN}>{shape('Say hello', 'body')}{shape('2', 'sldNum')}</p:notes>"
    relation = (
        f'<Relationships {RELS}><Relationship Id="a" Type="{R}/notesSlide" Target="../notesSlides/n.xml"/>'
        f'<Relationship Id="b" Type="{R}/image" TargetMode="External" Target="http://10.0.0.1/x.png"/></Relationships>'
    )
    return write_pptx(
        tmp_path / "deck.pptx",
        slides,
        [2, 1, 3],
        ppt__slides___rels__slide1DOTxmlDOTrels=relation,
        ppt__notesSlides__nDOTxml=notes,
    )


@pytest.fixture
def no_office(monkeypatch):
    monkeypatch.setattr("app.lectures.decks.office._office", lambda: None)


@pytest.mark.usefixtures("no_office")
def test_order_titles_notes_and_hidden_slides(deck_file, tmp_path):
    deck = read_deck(deck_file, tmp_path / "out")
    assert [page.title for page in deck.pages] == ["First one", "Second one", "Kept back"]
    assert [page.hidden for page in deck.pages] == [False, False, True]
    assert deck.pages[1].notes == "Say hello"
    assert deck.pages[1].text.text == "Second one\nBuckets\nLoad factor"
    assert "17" not in deck.pages[0].text.text
    assert all(page.image is None and (page.width, page.height) == (1920, 1080) for page in deck.pages)
    assert "LibreOffice" in deck.warnings[0]


def stand_in(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    office = tmp_path / "soffice"
    office.write_text(f"#!/bin/sh\n{script}\n")
    office.chmod(0o755)
    monkeypatch.setattr("app.lectures.decks.office._office", lambda: str(office))


def test_pages_are_drawn_where_libreoffice_is_installed(deck_file, tmp_path, monkeypatch):
    from tests.lectures.decks.conftest import write_pdf

    drawn = write_pdf(tmp_path / "drawn.pdf", (("First one", "drawn"), ("Second one", "drawn too")))
    stand_in(tmp_path, monkeypatch, f'cp "$8" "{tmp_path}/given.pptx"; cp "{drawn}" "$7/deck.pdf"')
    deck = read_deck(deck_file, tmp_path / "out")
    assert [page.image for page in deck.pages] == ["page_0001.png", "page_0002.png", None]
    assert (tmp_path / "out" / "page_0002.png").is_file()
    assert "drawn too" in deck.pages[1].text.text
    assert deck.pages[1].notes == "Say hello"
    assert deck.warnings == ()
    with zipfile.ZipFile(tmp_path / "given.pptx") as given:  # what LibreOffice might fetch is not there
        relations = given.read("ppt/slides/_rels/slide1.xml.rels")
    assert b"10.0.0.1" not in relations
    assert b"notesSlide" in relations


@pytest.mark.parametrize("script", ["exit 1", "sleep 60 & wait"])
def test_libreoffice_may_fail_or_hang(script, deck_file, tmp_path, monkeypatch):
    monkeypatch.setattr("app.lectures.decks.office._PATIENCE_S", 0.5)
    stand_in(tmp_path, monkeypatch, script)
    deck = read_deck(deck_file, tmp_path / "out")
    assert "could not draw" in deck.warnings[0]
    assert [page.title for page in deck.pages] == ["First one", "Second one", "Kept back"]
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.usefixtures("no_office")
def test_damaged_and_exploding_decks_are_refused(deck_file, tmp_path, monkeypatch):
    bomb = write_pptx(tmp_path / "bomb.pptx", [slide(shape("a" * 200_000))], [1])
    monkeypatch.setattr(pptx, "_MOST_PART_BYTES", 100_000)
    with pytest.raises(TooLarge, match="unpacks"):
        read_deck(bomb, tmp_path / "out")
    entities = '<!DOCTYPE x [<!ENTITY a "aa">]>' + slide(shape("&a;"))
    with pytest.raises(BadMedia, match="damaged"):
        read_deck(write_pptx(tmp_path / "dtd.pptx", [entities], [1]), tmp_path / "out")
    with pytest.raises(BadMedia, match="no slides"):
        read_deck(write_pptx(tmp_path / "empty.pptx", [], []), tmp_path / "out")
    with pytest.raises(BadMedia, match="damaged"):
        read_deck(write_pptx(tmp_path / "torn.pptx", ["<p:sld"], [1]), tmp_path / "out")
    cut = tmp_path / "cut.pptx"
    shutil.copy(deck_file, cut)
    cut.write_bytes(cut.read_bytes()[:-300])
    with pytest.raises(BadMedia):
        read_deck(cut, tmp_path / "out")
    monkeypatch.setattr(pptx, "_MOST_BYTES", 100)
    with pytest.raises(TooLarge, match="2 GB"):
        read_deck(deck_file, tmp_path / "out")
