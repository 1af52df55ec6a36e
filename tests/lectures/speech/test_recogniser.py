"""Hearing real sound with the packaged weights."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from faster_whisper.transcribe import Segment
from helpers_speech import FIXTURES, LECTURE, lecture_samples, plain, word_error, write_sound
from huggingface_hub.errors import LocalEntryNotFoundError

from app.errors import BadConfiguration, Unavailable
from app.lectures.model import Transcript
from app.lectures.speech import AudioChunk, ChunkTranscript, join, split
from app.lectures.speech.recogniser import Transcriber, _guard, locate
from app.lectures.speech.values import SAMPLE_RATE

TRUTH = plain((FIXTURES / "lecture.txt").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def engine() -> Transcriber:
    return Transcriber("tiny.en", threads=1)


def hear(engine: Transcriber, path: Path, folder: Path, *, chunk_s: float = 300.0) -> Transcript:
    chunks = split(path, folder, chunk_s=chunk_s)
    heard = [engine.transcribe(chunk, folder) for chunk in chunks]
    # Through JSON, as between workers.
    heard = [ChunkTranscript.model_validate_json(chunk.model_dump_json()) for chunk in heard]
    return join(heard, duration_s=chunks[-1].offset_s + chunks[-1].duration_s, model=engine.name)


def words(transcript: Transcript) -> list[str]:
    return plain(" ".join(sentence.text for sentence in transcript.sentences))


@pytest.fixture(scope="module")
def at_once(engine: Transcriber, tmp_path_factory: pytest.TempPathFactory) -> Transcript:
    return hear(engine, LECTURE, tmp_path_factory.mktemp("whole"))


def test_words_sentences_and_times(at_once: Transcript) -> None:
    assert word_error(TRUTH, words(at_once)) <= 0.08
    assert at_once.language == "en"
    assert at_once.warnings == ()
    assert len(at_once.sentences) == 10
    spoken = [word for sentence in at_once.sentences for word in sentence.words]
    ends = [0.0]
    for word in spoken:
        assert ends[-1] <= word.start_s <= word.end_s <= at_once.duration_s
        ends.append(word.end_s)
    assert np.mean([word.probability for word in spoken]) > 0.8


def test_word_times_lie_where_the_voice_is(at_once: Transcript) -> None:
    level = np.abs(lecture_samples().astype(float))
    quiet = np.convolve(level, np.ones(1600) / 1600, "same") < 30
    spoken = [word for sentence in at_once.sentences for word in sentence.words]
    middles = [round((word.start_s + word.end_s) / 2 * SAMPLE_RATE) for word in spoken]
    assert np.mean(quiet[middles]) < 0.05


def test_chunks_hear_what_the_whole_hears(engine: Transcriber, at_once: Transcript, tmp_path: Path) -> None:
    in_chunks = hear(engine, LECTURE, tmp_path, chunk_s=8)
    assert word_error(words(at_once), words(in_chunks)) <= 0.03
    assert word_error(TRUTH, words(in_chunks)) <= word_error(TRUTH, words(at_once)) + 0.02


def test_order_of_workers_does_not_matter(engine: Transcriber, tmp_path: Path) -> None:
    chunks = split(LECTURE, tmp_path, chunk_s=12)
    forth = [engine.transcribe(chunk, tmp_path) for chunk in chunks]
    another = Transcriber("tiny.en", threads=1)
    back = [another.transcribe(chunk, tmp_path) for chunk in reversed(chunks)]
    assert join(forth, duration_s=40, model="m") == join(back, duration_s=40, model="m")


def test_video_with_sound_that_starts_late(engine: Transcriber, at_once: Transcript, tmp_path: Path) -> None:
    voice = lecture_samples()[: 12 * SAMPLE_RATE]
    path = write_sound(tmp_path / "late.mp4", [(5.0, voice)], video_s=18)
    late = hear(engine, path, tmp_path / "out")
    assert word_error(words(at_once)[:30], words(late)[:30]) <= 0.05
    shift = late.sentences[1].start_s - at_once.sentences[1].start_s
    assert shift == pytest.approx(5.0, abs=0.3)


def test_silence_gives_no_words(engine: Transcriber, tmp_path: Path) -> None:
    hiss = np.random.default_rng(5).normal(0, 40, 20 * SAMPLE_RATE).astype(np.int16)
    path = write_sound(tmp_path / "still.m4a", [(0, hiss)])
    transcript = hear(engine, path, tmp_path / "out")
    assert transcript.sentences == ()
    assert transcript.warnings == ("No speech was found in the recording.",)


def test_progress(engine: Transcriber, tmp_path: Path) -> None:
    seen: list[float] = []
    (chunk,) = split(LECTURE, tmp_path)
    engine.transcribe(chunk, tmp_path, progress=seen.append)
    assert len(seen) > 2
    assert seen == sorted(seen)
    assert seen[-1] == 1.0


def segment(start: float, text: str, *, no_speech: float = 0.0, logprob: float = -0.2) -> Segment:
    return Segment(
        id=0, seek=0, start=start, end=start + 2, text=text, tokens=[], avg_logprob=logprob,
        compression_ratio=1.0, no_speech_prob=no_speech, words=None, temperature=0.0,
    )  # fmt: skip


def test_made_up_text_is_left_out() -> None:
    loop = segment(2, " and so on" * 30)
    thanks = [segment(10 + 2 * n, " Thank you.") for n in range(6)]
    guess = segment(30, " You", no_speech=0.9, logprob=-1.5)
    real = [segment(0, " Merge sort is stable."), segment(40, " Yes."), segment(42, " Yes.")]
    heard, left_out = _guard([real[0], loop, *thanks, guess, *real[1:]])
    assert heard == [real[0], thanks[0], *real[1:]]
    assert left_out == [loop, *thanks[1:], guess]


def test_a_folder_of_weights_is_taken_as_it_is(tmp_path: Path) -> None:
    shutil.copytree(locate("tiny.en"), tmp_path / "weights", copy_function=lambda a, b: Path(b).symlink_to(a))
    engine = Transcriber(str(tmp_path / "weights"), threads=1)
    assert engine.english_only
    chunk = AudioChunk(index=0, file="none.flac", offset_s=0, duration_s=1, speech=False)
    assert engine.transcribe(chunk, tmp_path).words == ()


def test_models_that_cannot_be_had(tmp_path: Path) -> None:
    calls: list[bool] = []

    def offline(model: str, local_files_only: bool = False) -> str:
        calls.append(local_files_only)
        raise LocalEntryNotFoundError("no network")

    unreachable: Callable[..., str] = offline
    with pytest.raises(Unavailable, match="WHISPER_MODEL"):
        locate("base", download=unreachable)
    assert calls == [True, False]
    with pytest.raises(BadConfiguration, match=r"WHISPER_MODEL is 'huge'.*tiny\.en"):
        locate("huge")
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadConfiguration, match="WHISPER_MODEL"):
        Transcriber(str(tmp_path))
