"""The few parts of the PDF syntax (ISO 32000-1) that a deck of pictures with text needs."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable


class PdfFile:
    """Collects numbered objects and writes them with their cross-reference table."""

    def __init__(self) -> None:
        self._objects: list[bytes | None] = []

    def reserve(self) -> int:
        """A number for an object that others refer to before it can be written."""
        self._objects.append(None)
        return len(self._objects)

    def put(self, number: int, body: str) -> int:
        self._objects[number - 1] = body.encode("ascii")
        return number

    def add(self, body: str) -> int:
        return self.put(self.reserve(), body)

    def stream(self, data: bytes, entries: str = "", *, compress: bool = True) -> int:
        if compress:
            data, entries = zlib.compress(data, 9), f"{entries} /Filter /FlateDecode"
        head = f"<< /Length {len(data)} {entries} >>\nstream\n".encode("ascii")
        self._objects.append(head + data + b"\nendstream")
        return len(self._objects)

    def write(self, *, root: int, info: int) -> bytes:
        # The comment's bytes above 127 tell transfer programs that the file is binary.
        out = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n")
        offsets = []
        for number, body in enumerate(self._objects, start=1):
            if body is None:
                raise ValueError(f"object {number} was reserved and never written")
            offsets.append(len(out))
            out += b"%d 0 obj\n" % number + body + b"\nendobj\n"
        start = len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(offsets) + 1)
        out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
        trailer = f"trailer\n<< /Size {len(offsets) + 1} /Root {root} 0 R /Info {info} 0 R >>\n"
        return bytes(out) + trailer.encode("ascii") + b"startxref\n%d\n%%%%EOF\n" % start


def text_string(text: str) -> str:
    """A PDF text string: UTF-16 with byte order mark, in hexadecimal."""
    return f"<FEFF{text.encode('utf-16-be').hex().upper()}>"


class InvisibleFont:
    """A font that draws nothing and means any Unicode text, for a layer of searchable words.

    Every character is a box on the baseline, half an em wide and one em high. Codes are given out
    in order of first use, and a ToUnicode map says what they mean; so no script lacks a glyph.
    """

    ADVANCE = 0.5

    def __init__(self) -> None:
        self._codes: dict[str, int] = {}

    def encode(self, text: str) -> str:
        codes = (self._codes.setdefault(character, len(self._codes) + 1) for character in text)
        return "<" + "".join(f"{code:04X}" for code in codes) + ">"

    def write(self, file: PdfFile, number: int) -> None:
        """Put the font into `file` under a reserved number, when all text has been encoded."""
        program = _box_truetype(advance=int(1000 * self.ADVANCE))
        data = file.stream(program, f"/Length1 {len(program)}")
        descriptor = file.add(
            "<< /Type /FontDescriptor /FontName /Invisible /Flags 4 /FontBBox [0 0 500 1000] /ItalicAngle 0 "
            f"/Ascent 1000 /Descent 0 /CapHeight 1000 /StemV 80 /FontFile2 {data} 0 R >>"
        )
        glyphs = file.stream(b"\x00\x00" + b"\x00\x01" * len(self._codes))
        descendant = file.add(
            "<< /Type /Font /Subtype /CIDFontType2 /BaseFont /Invisible /DW 500 "
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >> "
            f"/FontDescriptor {descriptor} 0 R /CIDToGIDMap {glyphs} 0 R >>"
        )
        meaning = file.stream(self._to_unicode().encode("ascii"))
        file.put(
            number,
            "<< /Type /Font /Subtype /Type0 /BaseFont /Invisible /Encoding /Identity-H "
            f"/DescendantFonts [{descendant} 0 R] /ToUnicode {meaning} 0 R >>",
        )

    def _to_unicode(self) -> str:
        pairs = [f"<{code:04X}> <{c.encode('utf-16-be').hex().upper()}>" for c, code in self._codes.items()]
        blocks = [pairs[at : at + 100] for at in range(0, len(pairs), 100)]  # 100 is the format's limit
        maps = "\n".join(f"{len(block)} beginbfchar\n" + "\n".join(block) + "\nendbfchar" for block in blocks)
        return (
            "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
            "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
            "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
            f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{maps}\n"
            "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend\n"
        )


def _box_truetype(*, advance: int) -> bytes:
    """A TrueType program whose glyph 1 is a box, with the six tables that ISO 32000-1 9.9 asks for.

    The box is never painted; pdfium takes it for the place of a character, and would otherwise lose
    words of one letter.
    """
    box = struct.pack(">5h", 1, 0, 0, advance, 1000)
    box += struct.pack(">HH4B", 3, 0, *[1] * 4)  # last point of the contour, no hinting, all on the curve
    box += struct.pack(">8h", 0, 0, advance, 0, 0, 1000, 0, -1000)
    tables = {
        b"glyf": box,
        b"head": struct.pack(
            ">IIIIHHqqhhhhHHhhh",
            *(0x10000, 0x10000, 0, 0x5F0F3CF5, 0, 1000, 0, 0, 0, 0, advance, 1000, 0, 8, 2, 0, 0),
        ),
        b"hhea": struct.pack(">I3hH3h3h5hH", 0x10000, 1000, 0, 0, advance, 0, 0, advance, 1, *[0] * 7, 2),
        b"hmtx": struct.pack(">HhHh", advance, 0, advance, 0),
        b"loca": struct.pack(">3H", 0, 0, len(box) // 2),
        b"maxp": struct.pack(">I14H", 0x10000, 2, 4, 1, 0, 0, 1, *[0] * 8),
    }
    return _sfnt(sorted(tables.items()))


def _sfnt(tables: Iterable[tuple[bytes, bytes]]) -> bytes:
    listed = list(tables)
    count = len(listed)
    power = count.bit_length() - 1
    search = 16 << power
    header = struct.pack(">IHHHH", 0x10000, count, search, power, 16 * count - search)
    offset = len(header) + 16 * count
    directory, bodies = b"", b""
    for tag, data in listed:
        padded = data + b"\x00" * (-len(data) % 4)
        words = struct.unpack(f">{len(padded) // 4}I", padded)
        directory += tag + struct.pack(">III", sum(words) & 0xFFFFFFFF, offset + len(bodies), len(data))
        bodies += padded
    return header + directory + bodies
