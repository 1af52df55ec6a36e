from __future__ import annotations

from pathlib import Path

import pytest
from rendering_lecture import Lecture
from rendering_pdf import texts

from app.lectures.rendering import study_guide_html, study_guide_markdown, study_guide_pdf


@pytest.mark.parametrize(("on_screen", "word"), [(True, "shown"), (False, "spoken to")])
def test_pages_left_out_are_told_as_far_as_known(
    hashing: Lecture, on_screen: bool, word: str, tmp_path: Path
) -> None:
    notes = hashing.notes.model_copy(update={"not_shown": ("Page 6: Tombstones",), "on_screen": on_screen})
    told = notes, hashing.extraction, hashing.texts
    study_guide_pdf(*told, hashing.image_dir, tmp_path / "guide.pdf", recording_url=None, slides_url=None)
    for guide in (
        study_guide_html(*told, image_folder="slides", recording_url=None),
        study_guide_markdown(*told, image_folder="slides", recording_url=None),
        "\n".join(texts(tmp_path / "guide.pdf")),
    ):
        assert f"Pages of the deck that were not {word}" in guide
        assert "Page 6: Tombstones" in guide
