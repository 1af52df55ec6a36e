"""DejaVu fonts, wherever this machine keeps them; without them the one face that Pillow brings along."""

from __future__ import annotations

import sys
from functools import cache
from pathlib import Path

from PIL import ImageFont

Font = ImageFont.FreeTypeFont | ImageFont.ImageFont
_FILES = {
    "sans": ("DejaVuSans.ttf", "DejaVuSans-Bold.ttf"),
    "serif": ("DejaVuSerif.ttf", "DejaVuSerif-Bold.ttf"),
    "condensed": ("DejaVuSansCondensed.ttf", "DejaVuSansCondensed-Bold.ttf"),
    "mono": ("DejaVuSansMono.ttf", "DejaVuSansMono-Bold.ttf"),
}
_FOLDERS = (
    "/usr/share/fonts",
    "/usr/local/share/fonts",
    "~/.local/share/fonts",
    "~/.fonts",
    "~/Library/Fonts",
)


@cache
def font(family: str, size: int, bold: bool = False) -> Font:
    """`family` is sans, serif, condensed or mono; `size` in pixels."""
    found = _installed().get(_FILES[family][bold])
    return ImageFont.truetype(str(found), size) if found else ImageFont.load_default(size)


@cache
def _installed() -> dict[str, Path]:
    folders = [Path(folder).expanduser() for folder in _FOLDERS]
    found = {path.name: path for folder in folders if folder.is_dir() for path in folder.rglob("DejaVu*.ttf")}
    if not found:
        print("No DejaVu fonts here (apt: fonts-dejavu-core): all slides in one face.", file=sys.stderr)
    return found
