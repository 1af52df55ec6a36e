"""Typst as a function: a template of ours, data as JSON and pictures in; a PDF out.

Text from lectures reaches Typst only as strings inside `data.json`, never as source, so nothing
in it is ever markup.
"""

from __future__ import annotations

import json
import re
import shutil
import unicodedata
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import typst

from app.errors import LecternError
from app.telemetry import emit

TEMPLATES = Path(__file__).parent / "templates"
_UNDISPLAYED = re.compile(r'the text `"(.*?)"` could not be displayed')


class TypesettingFailed(LecternError):
    """Typst refused the document: a fault of the template, or a picture that it cannot read."""

    code = "typesetting_failed"
    retryable = False


def typeset(template: str, data: Mapping[str, Any], folder: Path) -> bytes:
    """The PDF of `templates/<template>` for `data`; pictures named in `data` lie in `folder`.

    The PDF is PDF/UA-1 (accessible) when some font has every character of the text. Fonts are those
    in the typst wheel, then those of the system. Symbols that no font has (emoji on a bare server)
    are spelt out by their Unicode names; other characters that no font has show as boxes, and the
    PDF is then tagged without the claim to conform.
    """
    for part in TEMPLATES.glob("*.typ"):
        shutil.copy(part, folder)
    text = json.dumps(data, ensure_ascii=False)
    try:
        return _compile(folder / template, text, accessible=True)
    except typst.TypstError as refused:
        text = text.translate(_names(_undisplayed(refused)))
    try:
        return _compile(folder / template, text, accessible=True)
    except typst.TypstError as refused:
        missing = _undisplayed(refused)
    emit("typesetting.glyphs_missing", characters="".join(sorted(missing))[:100])
    return _compile(folder / template, text, accessible=False)


def _compile(template: Path, data: str, *, accessible: bool) -> bytes:
    (template.parent / "data.json").write_text(data, encoding="utf-8")
    return typst.compile(
        template,
        root=template.parent,
        font_paths=_fonts(),
        pdf_standards=["ua-1"] if accessible else [],
    )


def _undisplayed(refused: typst.TypstError) -> set[str]:
    """The characters that no font has; TypesettingFailed if the document is refused for another reason."""
    missing = set("".join(_UNDISPLAYED.findall(refused.diagnostic)))
    if not missing:
        raise TypesettingFailed(f"The PDF could not be set: {refused.message}") from refused
    return missing


@lru_cache(maxsize=1)
def _fonts() -> typst.Fonts:
    """Found once a process: a scan of the system's fonts takes longer than a short guide."""
    return typst.Fonts(include_system_fonts=True, include_embedded_fonts=True)


def _names(characters: set[str]) -> dict[int, str]:
    symbols = [character for character in characters if unicodedata.category(character) in {"So", "Sk"}]
    return {ord(symbol): f"[{unicodedata.name(symbol, 'symbol').lower()}]" for symbol in symbols}
