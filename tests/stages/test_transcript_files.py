"""The forms of the transcript that a job gives to its owner."""

from __future__ import annotations

from pathlib import Path

from app.lectures.model import Sentence, SpokenWord, Transcript
from app.stages.lecture.documents import generate_captions
from app.stages.work import Options, Work
from app.storage import Storage


def sentence(text: str, start_s: float) -> Sentence:
    words = text.split(" ")
    return Sentence(
        words=tuple(
            SpokenWord(text=w, start_s=start_s + i, end_s=start_s + i + 0.9, probability=0.9)
            for i, w in enumerate(words)
        )
    )


def test_plain_text_has_one_line_a_sentence(tmp_path: Path) -> None:
    storage = Storage(tmp_path / "files")
    folder = tmp_path / "work"
    folder.mkdir()
    options = Options(
        whisper_model="tiny",
        whisper_threads=1,
        audio_chunk_s=300.0,
        video_part_s=300.0,
        ocr_language="eng",
        public_url="",
        max_source_bytes=1,
        max_deck_bytes=1,
        url_fetch_timeout_s=1.0,
        allow_private_urls=False,
    )
    inputs: dict[str, list[dict[str, object]]] = {}
    work = Work("", {}, {}, {}, None, inputs, options, storage, folder, lambda *_: None)
    assert generate_captions(work).result == {"artifacts": []}
    transcript = Transcript(
        language="de",
        model="tiny",
        sentences=(sentence("Grüße an alle.", 5.9), sentence("Zum Schluss.", 3725.0)),
        duration_s=3800.0,
    )
    inputs["transcribe"] = [{"transcript": work.put_value(transcript)}]
    made = {a["name"]: a for a in generate_captions(work).result["artifacts"]}
    assert set(made) == {"transcript.json", "transcript.txt", "captions.vtt", "captions.srt"}
    assert made["transcript.txt"]["media_type"] == "text/plain"
    text = storage.path(made["transcript.txt"]["digest"]).read_text(encoding="utf-8")
    assert text == "[00:05] Grüße an alle.\n[1:02:05] Zum Schluss.\n"
