"""`lectern demo`: a recording goes in, a folder with the study guide and all the rest comes out."""

from __future__ import annotations

import json
import re
from argparse import Namespace
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from app.cli import results
from app.cli.client import Api, Json
from app.cli.commands import watch
from app.cli.connection import connect
from app.cli.exits import CommandError, Exit
from app.cli.output import Output
from app.cli.progress import job_path, plain, seconds_between
from app.cli.staging import check_folder, staged
from app.cli.submitting import hand_in, order_of
from app.cli.upload import readable_file
from app.cli.view import bar, duration

ARTIFACTS = (
    "slides.json",
    "slides.pdf",
    "transcript.json",
    "captions.vtt",
    "captions.srt",
    "chapters.vtt",
    "study_guide.pdf",
    "study_guide.md",
    "study_guide.html",
    "terms.json",
    "deck.json",
)
NAMES = (*ARTIFACTS, results.SLIDES, "job.json")
_OF_SLIDES = frozenset({"slides.json", results.SLIDES, "slides.pdf"})
_OF_SPEECH = frozenset({"transcript.json", "captions.vtt"})
_GUIDE = frozenset({"study_guide.pdf", "study_guide.md"})
_NO_SLIDES = re.compile(r"\b(no|without) (moving pictures|slides?)\b|\bneither\b.*\bslides\b", re.I)
_NO_SPEECH = re.compile(r"\b(no|without) (speech|sound|audio)\b|\bneither speech\b", re.I)


def demo_command(options: Namespace, output: Output) -> Exit:
    """Submit, watch, fetch everything, say what was found; OK only if nothing is missing unexplained."""
    readable_file(options.recording)
    folder = Path(options.out)
    check_folder(folder, NAMES, force=options.force)
    api = connect(options, output)
    job = hand_in(api, order_of(options, options.recording), output)
    document = watch(api, str(job["id"]), output)
    if document["status"] != "succeeded":
        error = plain((document.get("error") or {}).get("message")) or "no reason was given"
        raise CommandError(f"The job {document['id']} {document['status']}: {error}", Exit.FAILED)
    with staged(folder, NAMES) as work, bar(output.screen(), "fetching", quiet=output.quiet) as progress:
        _fetch_all(api, document, work, progress)
    for warning in document.get("warnings") or []:
        output.say(f"Note: {plain(warning)}")
    missing = missing_files(folder, [str(w) for w in document.get("warnings") or []])
    if missing:
        raise CommandError(f"The job succeeded, but {folder} lacks {', '.join(missing)}.", Exit.FAILED)
    found = findings(folder, document)
    guide = folder / "study_guide.pdf"
    last = [str(guide)] if guide.exists() else []
    output.result(
        {"job": document["id"], **asdict(found), "out": str(folder), "files": sorted(_held(folder))},
        "\n".join([found.text(), f"All of it lies in {folder}", *last]),
    )
    return Exit.OK


def _fetch_all(api: Api, document: Json, work: Path, progress: Callable[[float], None]) -> None:
    job_id = str(document["id"])
    made = {str(artifact["name"]) for artifact in results.artifacts(api, job_id)}
    wanted = [name for name in ARTIFACTS if name in made]
    results.fetch(api, job_id, [*wanted, results.SLIDES], work, progress)
    metrics = api.get(job_path(job_id, "metrics"))["metrics"]
    text = json.dumps({**document, "metrics": metrics}, ensure_ascii=False, indent=1)
    (work / "job.json").write_text(text + "\n", encoding="utf-8")


def missing_files(folder: Path, warnings: list[str]) -> list[str]:
    """What must be there, is not (or is empty), and is not explained by a warning of the job."""
    no_slides = any(_NO_SLIDES.search(warning) for warning in warnings)
    no_speech = any(_NO_SPEECH.search(warning) for warning in warnings)
    excused = (_OF_SLIDES if no_slides else frozenset()) | (_OF_SPEECH if no_speech else frozenset())
    if no_slides and no_speech:
        excused |= _GUIDE
    required = [*sorted(_OF_SLIDES | _OF_SPEECH | _GUIDE), "job.json"]
    return [name for name in required if name not in excused and not _filled(folder / name)]


def _filled(path: Path) -> bool:
    if path.is_dir():
        return any(path.iterdir())
    return path.is_file() and path.stat().st_size > 0


def _held(folder: Path) -> list[str]:
    return [str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()]


@dataclass(frozen=True)
class Findings:
    """What the recording gave, counted in the files themselves."""

    slides: int
    sentences: int
    sections: int
    terms: int
    duration_s: float
    took_s: float  # from submission to the end of the job, waiting in queues included

    def text(self) -> str:
        speed = (
            f" ({self.duration_s / self.took_s:.1f} × real time)" if self.took_s and self.duration_s else ""
        )
        return (
            f"{self.slides} slides, {self.sentences} sentences, {self.sections} sections, {self.terms} terms"
            f" in {duration(self.duration_s)} of recording; took {duration(self.took_s)}{speed}."
        )


def findings(folder: Path, document: Json) -> Findings:
    intervals = _rows(folder / "slides.json", "slides")
    sentences = _rows(folder / "transcript.json", "sentences")
    transcript = _load(folder / "transcript.json")
    ends = [float(row.get("end_s") or 0.0) for row in (*intervals, *sentences)]
    if isinstance(transcript, dict):
        ends.append(float(transcript.get("duration_s") or 0.0))
    chapters = folder / "chapters.vtt"
    created, ended = document.get("created_at"), document.get("ended_at")
    return Findings(
        slides=len({row.get("slide_id") for row in intervals}),
        sentences=len(sentences),
        sections=chapters.read_text(encoding="utf-8").count("-->") if chapters.exists() else 0,
        terms=len(_rows(folder / "terms.json", "terms")),
        duration_s=max(ends, default=0.0),
        took_s=round(seconds_between(created, ended), 3) if created and ended else 0.0,
    )


def _load(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else None


def _rows(path: Path, key: str) -> list[Json]:
    """The list that a JSON file is, or has under `key`."""
    value = _load(path)
    if isinstance(value, dict):
        value = value.get(key)
    return [row for row in value if isinstance(row, dict)] if isinstance(value, list) else []
