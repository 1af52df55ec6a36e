"""Which function does a heavy stage's work; loaded one by one, since each brings its own large libraries."""

from __future__ import annotations

from importlib import import_module

from app.stages.work import Function

_PLACES = {
    "prepare": "recording",
    "split_video": "slides",
    "extract_part": "slides",
    "extract_slides": "slides",
    "read_slides": "slides",
    "split_audio": "speech",
    "transcribe_chunk": "speech",
    "transcribe": "speech",
    "read_deck": "deck",
    "match_deck": "deck",
    "align_deck": "deck",
    "analyze_content": "notes",
    "generate_pdf": "documents",
    "generate_captions": "documents",
    "generate_study_guide": "documents",
}
HEAVY = frozenset(_PLACES)


def load(stage: str) -> Function:
    """The function of a stage of the catalogue."""
    function: Function = getattr(import_module(f"app.stages.lecture.{_PLACES[stage]}"), stage)
    return function
