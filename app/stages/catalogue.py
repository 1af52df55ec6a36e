"""Every kind of job and its stages: who waits for whom, on which queue. No heavy import here."""

from __future__ import annotations

from app.errors import BadInput
from app.jobs.model import Catalogue, Edge, Json, Kind, Stage

_LECTURE_PARAMS = {
    "language": "the language that is spoken, like “en”; left out, it is recognised",
    "chunk_s": "length in seconds (4 to 3600) of the pieces that transcription is split into",
    "part_s": "length in seconds (4 to 3600) of the parts that looking for slides is split into",
}


def check_lecture(params: Json) -> Json:
    """Complete and check the parameters of a lecture; raises BadInput naming the one at fault."""
    for name in params:
        if name not in _LECTURE_PARAMS:
            known = ", ".join(_LECTURE_PARAMS)
            raise BadInput(f"There is no parameter “{name}”; there is: {known}.", field=f"params.{name}")
    language = params.get("language")
    if language is not None and not (isinstance(language, str) and 2 <= len(language) <= 8):
        raise BadInput("The language is a short code like “en” or “de”.", field="params.language")
    for name in ("chunk_s", "part_s"):
        length_s = params.get(name)
        number = isinstance(length_s, (int, float)) and not isinstance(length_s, bool)
        if length_s is not None and not (number and 4 <= length_s <= 3600):
            raise BadInput(f"{name} is a number of seconds from 4 to 3600.", field=f"params.{name}")
    return {name: value for name, value in params.items() if value is not None}


def no_params(params: Json) -> Json:
    if params:
        raise BadInput("This kind of job takes no parameters.", field="params")
    return {}


# What a stage makes the best of, and does without.
_SLIDES = (Edge("extract_slides", required=False), Edge("read_slides", required=False))
_SPEECH = Edge("transcribe", required=False)
_DECK = (Edge("match_deck", required=False), Edge("align_deck", required=False))

LECTURE = Kind(
    name="lecture",
    check=check_lecture,
    takes_deck=True,
    stages=(
        Stage("prepare", "default", code_version=2, weight=1),
        Stage(
            "split_video",
            "extraction",
            (Edge("prepare"),),
            code_version=8,
            depends=("part_s", "video_part_s"),
            weight=0.5,
        ),
        Stage(
            "extract_part",
            "extraction",
            (Edge("split_video"),),
            spawned_by="split_video",
            code_version=15,
            reports=True,
            weight=5.5,
        ),
        Stage(
            "extract_slides",
            "extraction",
            (Edge("split_video"), Edge("extract_part")),
            code_version=18,
            depends=("ocr_language",),
            weight=0.5,
        ),
        Stage(
            "split_audio",
            "analysis",
            (Edge("prepare"),),
            depends=("chunk_s", "audio_chunk_s"),
            weight=1,
            patient=True,
        ),
        Stage(
            "transcribe_chunk",
            "analysis",
            (Edge("split_audio"),),
            spawned_by="split_audio",
            depends=("language", "whisper_model"),
            loads_model=True,
            weight=8,
            patient=True,
        ),
        Stage(
            "transcribe",
            "analysis",
            (Edge("split_audio"), Edge("transcribe_chunk")),
            depends=("whisper_model",),
            weight=0.5,
        ),
        # Not behind the chunks of speech in their queue: who looks for slides has nothing left to do by now.
        Stage(
            "read_slides",
            "extraction",
            (Edge("extract_slides"),),
            code_version=2,
            depends=("ocr_language",),
            reports=True,
            weight=3,
        ),
        Stage(
            "read_deck",
            "analysis",
            of_deck=True,
            reads_deck=True,
            depends=("ocr_language",),
            reports=True,
            weight=1,
        ),
        Stage(
            "match_deck",
            "extraction",
            (Edge("extract_slides"), Edge("read_slides", required=False), Edge("read_deck")),
            of_deck=True,
            weight=1,
        ),
        Stage(
            "align_deck",
            "analysis",
            (*_SLIDES, Edge("read_deck"), Edge("match_deck", required=False), _SPEECH),
            code_version=3,
            of_deck=True,
            loads_model=True,
            weight=1,
        ),
        Stage(
            "analyze_content",
            "analysis",
            (Edge("prepare"), *_SLIDES, _SPEECH, *_DECK),
            code_version=4,
            depends=("title", "has_deck"),
            loads_model=True,
            weight=2,
        ),
        Stage(
            "generate_pdf",
            "generation",
            (Edge("prepare"), *_SLIDES, *_DECK),
            code_version=2,
            depends=("title",),
            weight=1,
        ),
        Stage(
            "generate_captions",
            "generation",
            (Edge("prepare"), _SPEECH, Edge("align_deck", required=False)),
            weight=0.5,
        ),
        Stage(
            "generate_study_guide",
            "generation",
            (Edge("prepare"), *_SLIDES, *_DECK, Edge("analyze_content")),
            code_version=3,
            depends=("public_url",),
            weight=2,
        ),
    ),
)


def _chore(name: str) -> Kind:
    stage = Stage(name, "maintenance", heavy=False, reusable=False)
    return Kind(name=name, stages=(stage,), check=no_params, needs_source=False, internal=True)


CLEANUP = _chore("cleanup")
HEALTH_CHECK = _chore("health_check")
STATISTICS = _chore("collect_statistics")

CATALOGUE = Catalogue({kind.name: kind for kind in (LECTURE, CLEANUP, HEALTH_CHECK, STATISTICS)})

SCHEDULE_S = {CLEANUP.name: 3600.0, HEALTH_CHECK.name: 300.0, STATISTICS.name: 900.0}  # kind → period
