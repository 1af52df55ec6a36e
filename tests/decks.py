"""Decks for tests: the sample's slides as pages of a PDF, as a scanner would make it."""

from __future__ import annotations

from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

_SLIDES = Path(__file__).parent.parent / "samples" / "slides"
# The full build of each slide of the sample, in its order; the deck has one page more.
_FULL = (
    "01-title-0", "02-agenda-0", "03-problem-3", "04-diagram-3", "05-code-0",
    "06-collisions-1", "07-probing-0", "08-load-1", "09-rehashing-0", "10-summary-0",
)  # fmt: skip
NOT_SHOWN = 6


def sample_deck(path: Path) -> Path:
    """The sample's deck, with a page (`NOT_SHOWN`) that the lecturer passed over."""
    pages = [Image.open(_SLIDES / f"{name}.png").convert("RGB") for name in _FULL]
    pages.insert(NOT_SHOWN - 1, _page("Bloom Filters", "A set that forgets what it holds"))
    return _write(path, pages)


def other_deck(path: Path) -> Path:
    """A deck of another lecture altogether."""
    texts = (
        ("Photosynthesis", "Light reactions in the thylakoid membrane"),
        ("The Calvin Cycle", "Carbon dioxide is fixed by rubisco"),
        ("Stomata", "Guard cells open at dawn"),
    )
    return _write(path, [_page(*text) for text in texts])


def _page(title: str, line: str) -> Image.Image:
    page = Image.new("RGB", (960, 540), "white")
    drawing = ImageDraw.Draw(page)
    drawing.text((80, 60), title, fill="black", font=ImageFont.load_default(60))
    drawing.text((80, 220), line, fill="black", font=ImageFont.load_default(40))
    return page


def _write(path: Path, pages: list[Image.Image]) -> Path:
    pages[0].save(path, save_all=True, append_images=pages[1:])
    return path


def locked_deck(path: Path) -> Path:
    """A PDF that wants a password: its encryption dictionary fits no password (ISO 32000-1, 7.6)."""
    parts = [
        b"<< /Type /Catalog /Pages 2 0 R >>",
        b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>",
        b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 960 540] >>",
        b"<< /Filter /Standard /V 2 /R 3 /Length 128 /P -1340 /O <"
        + b"AB" * 32
        + b"> /U <"
        + b"CD" * 32
        + b"> >>",
    ]
    out, places = bytearray(b"%PDF-1.6\n"), []
    for number, part in enumerate(parts, start=1):
        places.append(len(out))
        out += b"%d 0 obj\n%s\nendobj\n" % (number, part)
    start = len(out)
    out += b"xref\n0 5\n0000000000 65535 f \n" + b"".join(b"%010d 00000 n \n" % place for place in places)
    marks = b"<" + b"01" * 16 + b">"
    out += b"trailer\n<< /Size 5 /Root 1 0 R /Encrypt 4 0 R /ID [%s %s] >>\n" % (marks, marks)
    path.write_bytes(bytes(out) + b"startxref\n%d\n%%%%EOF\n" % start)
    return path
