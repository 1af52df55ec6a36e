"""What is known of a lecture: the values that flow from recording to study guide.

All times are seconds on the presentation clock of the recording, all lengths pixels of the image
they belong to. Everything is immutable and survives a round trip through JSON
(`model_dump(mode="json")` / `model_validate`). File names are relative to the folder that the
producing function was given.
"""

from __future__ import annotations

import base64
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, PlainSerializer


class Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


Blob = Annotated[
    bytes,
    BeforeValidator(lambda value: base64.b64decode(value) if isinstance(value, str) else value),
    PlainSerializer(lambda value: base64.b64encode(value).decode(), return_type=str, when_used="json"),
]
"""Bytes, as base64 in JSON."""


class Interval(Value):
    start_s: float
    end_s: float


class MediaInfo(Value):
    """What a container holds, as read from its headers (see `media.probe`)."""

    duration_s: float
    container: str
    has_video: bool
    has_audio: bool
    width: int = 0
    height: int = 0
    fps: float = 0.0
    video_codec: str = ""
    audio_codec: str = ""
    warnings: tuple[str, ...] = ()


# ---------------------------------------------------------------------------------------- slides
class Slide(Value):
    """One distinct slide, however often it was shown; numbered from 1 by first appearance."""

    number: int
    intervals: tuple[Interval, ...]
    image: str  # the slide alone where that could be told: straightened, or cut out of a screen
    annotated: str | None = Field(default=None, description="a picture with what was written on it, if any")
    width: int  # of the image, in pixels
    height: int
    frame_s: float = Field(description="second of the frame that the image was taken from")
    page: int | None = Field(default=None, description="page of the deck that it shows")
    builds: tuple[int, ...] = Field(default=(), description="earlier pages, steps of the build it showed")


class SlideExtraction(Value):
    slides: tuple[Slide, ...]
    other: tuple[OtherSegment, ...] = ()
    duration_s: float
    warnings: tuple[str, ...] = ()


class OtherSegment(Value):
    """A stretch that shows no slide."""

    kind: Literal["presenter", "black", "video", "none"]
    interval: Interval


class TextWord(Value):
    text: str
    x: int
    y: int
    width: int
    height: int
    confidence: float = Field(description="0..1")


class TextLine(Value):
    words: tuple[TextWord, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def height(self) -> int:
        return max((word.height for word in self.words), default=0)


class SlideText(Value):
    """What OCR read on a slide, in reading order; boxes in pixels of the slide's image."""

    number: int
    lines: tuple[TextLine, ...]

    @property
    def text(self) -> str:
        return "\n".join(line.text for line in self.lines)


# ------------------------------------------------------------------------------------------ deck
class DeckPage(Value):
    """A page of the deck that was handed in; numbered from 1 in the order of the file."""

    number: int
    title: str = ""
    text: SlideText = Field(description="boxes in pixels of the page's image, whether or not one was made")
    image: str | None = Field(default=None, description="None: no picture of this page could be made")
    width: int
    height: int
    notes: str = Field(default="", description="the speaker's notes to it")
    hidden: bool = Field(default=False, description="left out when the deck is presented")


class Deck(Value):
    """A PDF or PPTX as `decks.read_deck` read it."""

    kind: Literal["pdf", "pptx"]
    pages: tuple[DeckPage, ...]
    warnings: tuple[str, ...] = ()


class SlideMatch(Value):
    """The page of the deck that a slide of the recording shows; None: it is not in the deck."""

    slide: int
    page: int | None
    confidence: float = Field(description="0..1")
    builds: tuple[int, ...] = Field(default=(), description="pages before it that are steps of its build")


class DeckMatch(Value):
    slides: tuple[SlideMatch, ...]
    not_shown: tuple[int, ...] = Field(description="pages that no slide of the recording shows")


class SpokenPage(Value):
    """The page that a sentence was spoken to; None: none, as far as can be told."""

    index: int = Field(description="position in Transcript.sentences")
    page: int | None
    confidence: float = Field(description="0..1")


# ---------------------------------------------------------------------------------------- speech
class SpokenWord(Value):
    text: str
    start_s: float
    end_s: float
    probability: float = Field(description="0..1, the recogniser's own confidence")


class Sentence(Value):
    words: tuple[SpokenWord, ...]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def start_s(self) -> float:
        return self.words[0].start_s

    @property
    def end_s(self) -> float:
        return self.words[-1].end_s


class Transcript(Value):
    language: str
    model: str
    sentences: tuple[Sentence, ...]
    duration_s: float
    warnings: tuple[str, ...] = ()


# ------------------------------------------------------------------------------------- the guide
class AlignedSentence(Value):
    """A spoken sentence and the slide that it is about (None: no slide was in view)."""

    index: int = Field(description="position in Transcript.sentences")
    text: str
    start_s: float
    end_s: float
    slide: int | None
    confidence: float = Field(description="0..1")
    unsure: bool = Field(default=False, description="words of it were likely misheard")


class Term(Value):
    """A key term with the sentence that explains it best."""

    term: str
    explanation: str
    sentence: int | None = Field(description="index of the explaining AlignedSentence")
    start_s: float | None
    slide: int | None
    mentions: tuple[float, ...] = Field(default=(), description="seconds at which it is spoken")
    confidence: float


class Question(Value):
    """A self-test question drawn from the content; its answer cites where it was said."""

    question: str
    answer: str
    start_s: float | None
    slide: int | None


class Section(Value):
    title: str
    interval: Interval
    slides: tuple[int, ...]
    essentials: tuple[AlignedSentence, ...] = Field(description="extractive summary, cleaned of fillers")
    terms: tuple[Term, ...] = ()
    questions: tuple[Question, ...] = ()


class LectureNotes(Value):
    """Everything that the study guide shows; made without an LLM, nothing in it is invented."""

    title: str
    language: str
    duration_s: float
    sections: tuple[Section, ...]
    remember: tuple[AlignedSentence, ...] = Field(description="the five to eight things to remember")
    sentences: tuple[AlignedSentence, ...] = Field(description="the whole transcript, aligned")
    lacks: tuple[str, ...] = Field(default=(), description="what could not be had, a sentence each")
    not_shown: tuple[str, ...] = Field(default=(), description="pages of the deck that were not shown")
    on_screen: bool = Field(default=True, description="slides were seen; else pages are known by words alone")
    method: str = "extractive"
    confidence: float = Field(description="0..1, how far the analysis trusts itself")


SlideExtraction.model_rebuild()
