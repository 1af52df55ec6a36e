"""`lectern align` on a small deck and its transcript, with no server."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typst

TITLES = ("Hash tables", "Membranes", "Volcanoes")
SPOKEN = ("A hash table finds keys in buckets.", "Membranes keep cells apart.", "Volcanoes erupt with lava.")


@pytest.fixture(scope="module")
def files(tmp_path_factory) -> tuple[str, str]:
    folder = tmp_path_factory.mktemp("talk")
    pages = [f"= {title}\n{spoken}" for title, spoken in zip(TITLES, SPOKEN, strict=True)]
    (folder / "deck.typ").write_text(
        '#set page(paper: "presentation-16-9")\n' + "\n#pagebreak()\n".join(pages)
    )
    typst.compile(str(folder / "deck.typ"), output=str(folder / "deck.pdf"))
    cues = [
        f"{i}\n00:00:{10 * i:02},000 --> 00:00:{10 * i + 8:02},000\n{text}\n"
        for i, text in enumerate(SPOKEN[:2], 1)
    ]
    (folder / "talk.srt").write_text("\n".join(cues))
    return str(folder / "deck.pdf"), str(folder / "talk.srt")


def test_align_says_and_writes_what_was_spoken_to_which_page(lectern, files, tmp_path):
    out = tmp_path / "alignment.json"
    ran = lectern("align", "--deck", files[0], "--transcript", files[1], "--out", str(out), "--json")
    assert ran.code == 0, ran.err
    assert [(s["page"], s["text"]) for s in ran.document["sentences"]] == [(1, SPOKEN[0]), (2, SPOKEN[1])]
    assert [page["title"] for page in ran.document["pages"]] == list(TITLES)
    assert ran.document["not_shown"] == [3]
    assert json.loads(out.read_text()) == ran.document
    assert [p.name for p in tmp_path.iterdir()] == ["alignment.json"]


def test_align_in_words(lectern, files):
    ran = lectern("align", "--deck", files[0], "--transcript", files[1])
    assert ran.code == 0, ran.err
    assert "0:00:10  page 1  Hash tables" in ran.out
    assert "Not spoken to: 3" in ran.out


def test_align_refuses_what_it_cannot_use(lectern, files, tmp_path):
    (bad := tmp_path / "bad.pdf").write_bytes(b"Dear students")
    ran = lectern("align", "--deck", str(bad), "--transcript", files[1])
    assert (ran.code, "neither a PDF nor a PPTX" in ran.err) == (4, True)
    ran = lectern("align", "--deck", files[0], "--transcript", str(Path(files[0])))
    assert ran.code == 4
    ran = lectern("align", "--deck", files[0], "--transcript", str(tmp_path / "none.srt"))
    assert ran.code == 2
    ran = lectern("align", "--deck", files[0], "--transcript", files[1], "--out", str(tmp_path))
    assert ran.code == 2
