"""Make a lecture whose truth is known for each sentence: video.mp4, deck.pdf, truth.json.

    ./deploy_scalable.sh bench lectures --minutes 60 --out FOLDER
    ./deploy_scalable.sh bench lectures --deck talk.pdf [--say talk.yaml] --out FOLDER

Without a deck it is a course about the Python language, drawn and spoken by the page. With a deck alone the
sentences are made from the words on its pages; a YAML file gives better ones: a list of
{title, say: [sentence, ...]}, one entry a page. The last line is one line of JSON.
"""

from __future__ import annotations

import argparse
import json
import random
import sys
import time
from pathlib import Path

from benchmarks.environment import NotInstallable
from benchmarks.lectures import prose
from benchmarks.lectures.make import Options, make


def main() -> int:
    parser = argparse.ArgumentParser(
        prog="bench lectures", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="folder for the lecture")
    parser.add_argument("--deck", type=Path, help="PDF; default: a deck of the course is drawn")
    parser.add_argument("--say", type=Path, help="YAML with the sentences for each page of the deck")
    parser.add_argument("--minutes", type=float, help="length (default: 5, or all that is said of a deck)")
    parser.add_argument("--seed", type=int, default=1, help="order, timing, the pointer's ways")
    parser.add_argument("--height", type=int, default=1080, help="pixels; the picture is 16:9")
    parser.add_argument("--fps", type=int, default=30)
    options = parser.parse_args()
    if options.say and not options.deck:
        parser.error("--say goes with --deck")
    minutes = options.minutes or (None if options.deck else 5.0)
    began = time.monotonic()
    try:
        truth = make(
            pages_of(options.deck, options.say, minutes, options.seed),
            options.out,
            Options(options.seed, minutes, options.height, options.fps),
            options.deck,
        )
    except NotInstallable as error:
        parser.exit(1, f"The voice could not be installed: {error}\n")
    facts = json.loads(truth.read_text(encoding="utf-8"))
    summary = {
        "out": str(options.out),
        "duration_s": facts["duration_s"],
        "sentences": len(facts["sentences"]),
    }
    summary |= {"pages": facts["pages"], "not_shown": len(facts["not_shown"])}
    print(json.dumps(summary | {"made_in_s": round(time.monotonic() - began, 1)}))
    return 0


def pages_of(deck: Path | None, say: Path | None, minutes: float | None, seed: int) -> list[prose.PageTalk]:
    if deck is None:
        # A tenth more than is needed: some pages are skipped.
        pages = prose.course()
        return prose.at_length(pages, minutes * 1.12) if minutes else list(pages)
    return prose.told(say) if say else prose.from_deck(deck, random.Random(seed))


if __name__ == "__main__":
    sys.exit(main())
