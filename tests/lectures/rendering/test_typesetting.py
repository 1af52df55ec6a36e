from __future__ import annotations

from pathlib import Path

import pytest
import typst
from rendering_lecture import Lecture
from rendering_pdf import texts

from app.lectures.rendering import study_guide_pdf, typesetting


@pytest.fixture
def _bare_server(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without a font of its own."""
    fonts = typst.Fonts(include_system_fonts=False, include_embedded_fonts=True)
    monkeypatch.setattr(typesetting, "_fonts", lambda: fonts)


def titled(lecture: Lecture, title: str, out: Path) -> Path:
    notes = lecture.notes.model_copy(update={"title": title})
    study_guide_pdf(
        notes, lecture.extraction, lecture.texts, lecture.image_dir, out, recording_url=None, slides_url=None
    )
    return out


@pytest.mark.usefixtures("_bare_server")
def test_a_symbol_without_a_font_is_spelt_out_and_the_guide_stays_accessible(
    hashing: Lecture, tmp_path: Path
) -> None:
    out = titled(hashing, "Joy 😀 of √m – ∑ α̂", tmp_path / "guide.pdf")
    assert "Joy [grinning face] of √m" in texts(out)[0]
    assert b"pdfuaid:part" in out.read_bytes()


@pytest.mark.usefixtures("_bare_server")
def test_a_script_without_a_font_costs_the_claim_to_conform_and_nothing_else(
    hashing: Lecture, tmp_path: Path
) -> None:
    out = titled(hashing, "Hashing 漢字", tmp_path / "guide.pdf")
    assert b"pdfuaid:part" not in out.read_bytes()
    first = texts(out)[0]
    assert "Hashing" in first
    assert hashing.notes.remember[0].text in first


def test_what_typst_refuses_is_a_failure_with_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(typesetting.TypesettingFailed, match="could not be set"):
        typesetting.typeset("guide.typ", {"title": 7}, tmp_path)
