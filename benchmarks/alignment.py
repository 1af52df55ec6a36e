"""How often is a sentence given the page of the deck that it was spoken to, from speech alone?

    ./deploy_scalable.sh bench alignment FOLDER…

A folder is laid out as the MaViLS repository (Anderer et al., Interspeech 2024; github andererka/MaViLS)
or its `data` folder: `lectures/*.pdf`, `audioscripts/*.srt`, `ground_truth_files/*.xlsx`. Nothing but deck
and words are used. Scored as MaViLS scores: micro-averaged F1 over the labelled sentences, without those
labelled -1 (no slide in view). `not_shown`: pages that no label names, pages that no sentence was given, and
how many are both; words alone tell that badly. A lecture without labels is aligned and printed. The last
line is JSON.
"""

from __future__ import annotations

import argparse
import json
import re
import sys
import tempfile
import time
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from app.lectures.decks import align_to_deck, read_deck
from app.lectures.embedding import SentenceEmbedder
from app.lectures.model import SpokenPage, Transcript
from app.lectures.ocr import SlideReader
from app.lectures.subtitles import read_subtitles
from benchmarks.spreadsheet import rows

REFERENCE, GOAL = 0.53, 0.70  # mean F1 from speech alone: that of MaViLS over its 20 lectures, and ours
NO_SLIDE = -1
_NOISE = {"mit", "high", "res", "ground", "truth", "and", "the"}
# What MaViLS calls by two names; all else is told by the words that file names share.
_SAME = {"visual_system": "sensory_systems"}


@dataclass(frozen=True)
class Lecture:
    name: str
    deck: Path
    transcript: Path
    labels: Path | None


def find_lectures(folder: Path) -> Iterator[Lecture]:
    """Each transcript with the deck and the labels whose names are most like its own."""
    folder = folder / "data" if (folder / "data").is_dir() else folder
    decks = sorted(p for p in (folder / "lectures").glob("*") if p.suffix.lower() in (".pdf", ".pptx"))
    labels = sorted(p for p in (folder / "ground_truth_files").glob("*.xlsx") if "control" not in p.stem)
    transcripts = sorted((folder / "audioscripts").glob("*.srt"))
    for transcript in transcripts:
        deck = _most_alike(transcript, decks)
        if deck is None:
            print(f"{transcript.name}: no deck has a name like it", file=sys.stderr)
            continue
        labelled = _most_alike(transcript, labels)
        if labelled and _most_alike(labelled, transcripts) != transcript:
            labelled = None  # another lecture's: this one has none
        yield Lecture(transcript.stem, deck, transcript, labelled)


def _most_alike(file: Path, others: Sequence[Path]) -> Path | None:
    def likeness(other: Path) -> float:
        mine, its = _name_words(file.stem), _name_words(other.stem)
        return len(mine & its) / len(mine | its)

    best = max(others, key=likeness, default=None)
    return best if best and likeness(best) > 0 else None


def _name_words(stem: str) -> set[str]:
    for name, same in _SAME.items():
        stem = stem.replace(name, same)
    return set(re.findall(r"[a-z]+|\d+", stem.lower())) - _NOISE


def read_labels(path: Path) -> list[tuple[float, int]]:
    """(second, page) a sentence: the middle of its last word, and the page in view then."""
    head, *body = rows(path)
    time_column = next(i for i, name in enumerate(head) if name in ("Key", "Time"))
    page_column = head.index("Slidenumber")
    return [(float(row[time_column]), int(float(row[page_column]))) for row in body if row[page_column]]


def pages_at(seconds: Sequence[float], transcript: Transcript, spoken: Sequence[SpokenPage]) -> list[int]:
    """The page of the sentence that is spoken at each of these times, or ends next after it."""
    ends = [sentence.end_s for sentence in transcript.sentences]
    at = [min(bisect_left(ends, second), len(ends) - 1) for second in seconds]
    return [spoken[i].page or NO_SLIDE for i in at]


def micro_f1(truth: Sequence[int], found: Sequence[int]) -> float:
    """As scikit-learn's f1_score(labels=set(truth), average="micro") over the sentences with a slide."""
    labels = set(truth)
    pairs = [(page, answer) for page, answer in zip(truth, found, strict=True) if page != NO_SLIDE]
    right = sum(page == answer for page, answer in pairs)
    answered = sum(answer in labels for _, answer in pairs)
    return 2 * right / (len(pairs) + answered) if pairs else 0.0


def left_out(pages: Iterable[int], labelled: Iterable[int], given: Iterable[int]) -> tuple[int, int, int]:
    """(pages without a label, pages that no sentence was given, both)."""
    really, told = (set(pages).difference(some) for some in (labelled, given))
    return len(really), len(told), len(really & told)


def run(lecture: Lecture, embed: SentenceEmbedder, reader: SlideReader) -> dict[str, Any]:
    began = time.process_time()
    transcript = read_subtitles(lecture.transcript)
    with tempfile.TemporaryDirectory() as pictures:
        deck = read_deck(lecture.deck, Path(pictures), reader=reader)
    spoken = align_to_deck(transcript, deck, embed=embed)
    found: dict[str, Any] = {
        "lecture": lecture.name,
        "pages": len(deck.pages),
        "sentences": len(transcript.sentences),
        "cpu_s": round(time.process_time() - began, 1),
    }
    if lecture.labels:
        labels = read_labels(lecture.labels)
        answers = pages_at([second for second, _ in labels], transcript, spoken)
        truth = [page for _, page in labels]
        found["f1"] = round(micro_f1(truth, answers), 4)
        pages = [page.number for page in deck.pages if not page.hidden]
        found["not_shown"] = left_out(pages, truth, (said.page or NO_SLIDE for said in spoken))
        found["labelled"] = sum(page != NO_SLIDE for page in truth)
    else:
        print(f"{lecture.name}: no labels; the alignment:")
        for page, stay in groupby(spoken, key=lambda said: said.page):
            first = transcript.sentences[next(stay).index]
            print(f"  {first.start_s:8.1f} s  page {page}  {first.text[:60]}")
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench alignment", description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("folders", metavar="FOLDER", nargs="+", type=Path)
    parser.add_argument(
        "--only", metavar="NAME", action="append", default=[], help="transcripts with NAME in it"
    )
    options = parser.parse_args()
    lectures = [one for folder in options.folders for one in find_lectures(folder)]
    if options.only:
        lectures = [one for one in lectures if any(part in one.name for part in options.only)]
    if not lectures:
        raise SystemExit("No lecture found: expected lectures/*.pdf and audioscripts/*.srt.")
    embed = SentenceEmbedder()
    results: list[dict[str, Any]] = []
    with SlideReader() as reader:
        for lecture in lectures:
            found = run(lecture, embed, reader)
            results.append(found)
            print("  ".join(f"{name} {value}" for name, value in found.items()), flush=True)
    scores = [float(found["f1"]) for found in results if "f1" in found]
    mean = round(sum(scores) / len(scores), 4) if scores else None
    if mean is not None:
        print(f"mean F1 {mean:.3f} over {len(scores)} lectures (MaViLS: {REFERENCE}; goal: {GOAL})")
    counts = [found["not_shown"] for found in results if "not_shown" in found]
    left = dict(zip(("true", "told", "right"), map(sum, zip(*counts, strict=True)), strict=False))
    if left:
        print(f"pages not shown: {left['true']}, told {left['told']}, {left['right']} of them rightly")
    print(json.dumps({"benchmark": "alignment", "mean_f1": mean, "not_shown": left, "lectures": results}))


if __name__ == "__main__":
    main()
