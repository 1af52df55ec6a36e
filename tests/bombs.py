"""Files of some kilobytes that unpack into gigabytes, or into work without end."""

from __future__ import annotations

import struct
import zipfile
import zlib
from pathlib import Path

import av

_PAGE = b"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 400 300] /Contents 4 0 R /Resources << %s >> >>"


def packed(size: int, unit: bytes = b" ") -> bytes:
    """`size` bytes, deflated (RFC 1950)."""
    packer = zlib.compressobj(9)
    block = unit * (1 << 20)
    return b"".join(packer.compress(block) for _ in range(size >> 20)) + packer.flush()


def _stream(data: bytes, about: bytes = b"") -> bytes:
    return b"<< /Length %d %s >>\nstream\n" % (len(data), about) + data + b"\nendstream"


def _pdf(path: Path, page: bytes, *objects: bytes) -> Path:
    """One page; `objects` are numbered from 4, its content."""
    tree = b"<< /Type /Catalog /Pages 2 0 R >>", b"<< /Type /Pages /Kids [3 0 R] /Count 1 >>"
    body, places = b"%PDF-1.5\n", []
    for number, content in enumerate((*tree, page, *objects), 1):
        places.append(len(body))
        body += b"%d 0 obj\n" % number + content + b"\nendobj\n"
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(places) + 1
    start = len(body)
    body += b"xref\n0 %d\n0000000000 65535 f \n" % count + table
    body += b"trailer << /Size %d /Root 1 0 R >>\nstartxref\n%d\n%%%%EOF" % (count, start)
    path.write_bytes(body)
    return path


def content_bomb(path: Path) -> Path:
    """A PDF of 4 kB whose page is 1 GB of blanks."""
    twice = zlib.compress(packed(1 << 30), 9)
    return _pdf(path, _PAGE % b"", _stream(twice, b"/Filter [/FlateDecode /FlateDecode]"))


def endless_page(path: Path) -> Path:
    """A PDF of 3 kB whose page draws ten forms that draw ten forms …, twelve deep."""
    forms = []
    for depth in range(12):
        inner = b"/XObject << /F %d 0 R >>" % (6 + depth) if depth < 11 else b""
        about = b"/Type /XObject /Subtype /Form /BBox [0 0 400 300] /Resources << %s >>" % inner
        forms.append(_stream(b"/F Do " * 10 if depth < 11 else b"0 0 m 100 100 l S", about))
    return _pdf(path, _PAGE % b"/XObject << /F 5 0 R >>", _stream(b"/F Do " * 10), *forms)


def picture_bomb(path: Path) -> Path:
    """A PDF of 300 kB with a picture of 40,000 × 60,000."""
    about = b"/Type /XObject /Subtype /Image /Width 40000 /Height 60000 /ColorSpace /DeviceGray"
    about += b" /BitsPerComponent 1 /Filter /FlateDecode"
    drawn = _stream(b"400 0 0 300 0 0 cm /I Do")
    return _pdf(path, _PAGE % b"/XObject << /I 5 0 R >>", drawn, _stream(packed(300 << 20, b"\0"), about))


def zip_bomb(path: Path) -> Path:
    """A PPTX whose main part is 64 MB of blanks."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as package:
        package.writestr("ppt/presentation.xml", b" " * (64 << 20))
    return path


def laughing_deck(path: Path) -> Path:
    """A PPTX whose XML has an entity that stands for ten, which stand for ten, … (“billion laughs”)."""
    entities = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
    xml = f'<!DOCTYPE p [<!ENTITY e0 "ha">{entities}]><p>&e11;</p>'
    with zipfile.ZipFile(path, "w") as package:
        package.writestr("ppt/presentation.xml", xml)
    return path


def png(width: int, height: int) -> bytes:
    """A black picture; 9,000 × 9,000 have 240 kB, and 243 MB unpacked."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    packer = zlib.compressobj(9)
    row = b"\0" * (1 + 3 * width)
    rows = b"".join(packer.compress(row) for _ in range(height)) + packer.flush()
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b"")


def huge_recording(path: Path) -> Path:
    """Twenty frames of 9,000 × 9,000, a few kilobytes each."""
    frame = png(9_000, 9_000)
    with av.open(str(path), "w") as container:
        stream = container.add_stream("png", rate=1)
        stream.width = stream.height = 9_000
        stream.pix_fmt = "rgb24"
        for number in range(20):
            packet = av.Packet(frame)
            packet.stream, packet.pts, packet.dts = stream, number, number
            packet.is_keyframe = True
            container.mux(packet)
    return path
