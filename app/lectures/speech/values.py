"""What flows between the steps of speech recognition."""

from __future__ import annotations

from pydantic import Field

from app.lectures.model import Interval, SpokenWord, Value

SAMPLE_RATE = 16_000  # Hz; what Whisper and Silero were trained on


class AudioChunk(Value):
    """A stretch of the sound track as a mono file of 16 kHz, cut where nobody speaks."""

    index: int
    file: str
    offset_s: float = Field(description="where it starts on the presentation clock")
    duration_s: float
    speech: bool = Field(description="whether the voice detector heard anybody in it")


class ChunkTranscript(Value):
    """The words of one chunk, on the presentation clock."""

    index: int
    offset_s: float
    duration_s: float
    language: str = ""
    language_probability: float = 0.0
    words: tuple[SpokenWord, ...] = ()
    left_out: tuple[Interval, ...] = Field(
        default=(), description="stretches where the recogniser only repeated itself"
    )
