"""Reading PDFs: text, titles and pictures of their pages; scans; and what cannot or must not be read."""

from __future__ import annotations

import cv2
import pytest
from PIL import Image

from app.errors import BadMedia, TooLarge
from app.lectures.decks import pdf, read_deck
from app.lectures.decks.reading import listed
from app.lectures.ocr import SlideReader


def raw_pdf(*objects: str, trailer: str = "") -> bytes:
    """A PDF of the given objects, numbered from 1."""
    body, table = "%PDF-1.5\n", "0000000000 65535 f \n"
    for i, text in enumerate(objects, 1):
        table += f"{len(body):010} 00000 n \n"
        body += f"{i} 0 obj\n{text}\nendobj\n"
    size = len(objects) + 1
    end = f"trailer\n<</Root 1 0 R /Size {size} {trailer}>>\nstartxref\n{len(body)}\n%%EOF\n"
    return f"{body}xref\n0 {size}\n{table}{end}".encode()


CATALOG, TREE = "<</Type/Catalog/Pages 2 0 R>>", "<</Type/Pages/Kids[3 0 R]/Count 1>>"


def test_pages_have_their_text_title_and_picture(deck, deck_dir):
    assert [page.number for page in deck.pages] == list(range(1, 8))
    assert [page.title for page in deck.pages][:2] == ["Hash tables", "Collisions"]
    assert "Open addressing probes further slots" in deck.pages[2].text.text
    for page in deck.pages:
        picture = cv2.imread(str(deck_dir / page.image))
        assert picture.shape == (page.height, page.width, 3)
        assert page.width == 1920
    assert deck.warnings == ()


def test_words_stand_where_they_are_drawn(deck, deck_dir):
    picture = cv2.imread(str(deck_dir / deck.pages[0].image), cv2.IMREAD_GRAYSCALE)
    for line in deck.pages[0].text.lines:
        for word in line.words:
            if len(word.text) > 2:
                box = picture[word.y : word.y + word.height, word.x : word.x + word.width]
                assert box.min() < 80, word
    outside = picture.copy()
    for word in (word for line in deck.pages[0].text.lines for word in line.words):
        outside[word.y - 3 : word.y + word.height + 3, word.x - 3 : word.x + word.width + 3] = 255
    assert (outside < 128).sum() < 100


def test_progress_is_steady(deck_file, tmp_path):
    told: list[float] = []
    read_deck(deck_file, tmp_path, progress=told.append)
    assert told == sorted(told)
    assert told[-1] == 1.0
    assert len(told) >= 7


def test_a_scanned_page_is_read_from_its_picture(deck, deck_dir, tmp_path):
    scan = tmp_path / "scan.pdf"
    Image.open(deck_dir / deck.pages[1].image).convert("RGB").save(scan)
    with SlideReader() as reader:
        read = read_deck(scan, tmp_path / "a", reader=reader)
    assert "Chaining keeps a list" in read.pages[0].text.text
    assert read.pages[0].title == "Collisions"
    unread = read_deck(scan, tmp_path / "b")
    assert unread.pages[0].text.lines == ()
    assert "page" in unread.warnings[0]


def test_text_in_a_picture_joins_the_text_beside_it(deck, deck_dir, tmp_path):
    import typst

    (tmp_path / "figure.png").write_bytes((deck_dir / deck.pages[6].image).read_bytes())
    source = tmp_path / "mixed.typ"
    source.write_text('#set text(size: 30pt)\nOur own caption\n#image("figure.png", width: 100%)\n')
    typst.compile(str(source), output=str(tmp_path / "mixed.pdf"))
    with SlideReader() as reader:
        text = read_deck(tmp_path / "mixed.pdf", tmp_path / "out", reader=reader).pages[0].text.text
    assert "Our own caption" in text
    assert "Bloom" in text
    assert text.count("caption") == 1


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "neither a PDF nor a PPTX"),
        (b"Dear students", "neither a PDF nor a PPTX"),
        (b"%PDF-1.7\n" + b"\x00\x01" * 500, "cannot be opened"),
        (raw_pdf(CATALOG, "<</Type/Pages/Kids[]/Count 0>>"), "cannot be opened"),
    ],
)
def test_what_is_no_deck_is_refused(content, said, tmp_path):
    file = tmp_path / "deck.pdf"
    file.write_bytes(content)
    with pytest.raises(BadMedia, match=said):
        read_deck(file, tmp_path / "out")


def test_a_locked_deck_says_so(tmp_path):
    lock = f"<</Filter/Standard/V 1/R 2/P -4/O<{'41' * 32}>/U<{'42' * 32}>>>"
    file = tmp_path / "locked.pdf"
    page = "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]>>"
    names = f"/Encrypt 4 0 R /ID[<{'00' * 16}><{'00' * 16}>]"
    file.write_bytes(raw_pdf(CATALOG, TREE, page, lock, trailer=names))
    with pytest.raises(BadMedia, match="password"):
        read_deck(file, tmp_path / "out")


def test_too_many_pages_are_refused(deck_file, tmp_path, monkeypatch):
    monkeypatch.setattr(pdf, "MOST_PAGES", 6)
    with pytest.raises(TooLarge, match="7 pages"):
        read_deck(deck_file, tmp_path)


@pytest.mark.parametrize("box", ["0 0 14400 3", "0 0 3 14400", "0 0 0 0", "0 0 1e9 1e9"])
def test_absurd_sizes_give_pictures_of_bounded_size(box, tmp_path):
    file = tmp_path / "odd.pdf"
    file.write_bytes(raw_pdf(CATALOG, TREE, f"<</Type/Page/Parent 2 0 R/MediaBox[{box}]>>"))
    page = read_deck(file, tmp_path / "out").pages[0]
    assert 1 <= page.width <= 1920
    assert 1 <= page.height <= 2880


def test_a_picture_that_unpacks_into_gigabytes_is_not_drawn(tmp_path):
    draw = "q 100 0 0 100 0 0 cm /I Do Q"
    size = "/Width 60000/Height 60000/ColorSpace/DeviceGray/BitsPerComponent 8"
    bomb = f"<</Type/XObject/Subtype/Image{size}/Length 1>>"
    file = tmp_path / "bomb.pdf"
    file.write_bytes(
        raw_pdf(
            CATALOG,
            TREE,
            "<</Type/Page/Parent 2 0 R/MediaBox[0 0 100 100]/Contents 4 0 R"
            "/Resources<</XObject<</I 5 0 R>>>>>>",
            f"<</Length {len(draw)}>>stream\n{draw}\nendstream",
            f"{bomb}stream\n0\nendstream",
        )
    )
    read = read_deck(file, tmp_path / "out")
    assert read.pages[0].image is None
    assert "could not be drawn: 1" in read.warnings[0]


def test_numbers_are_listed_in_runs():
    assert listed([1, 2, 3, 7, 9, 10]) == "1–3, 7, 9–10"
