"""Reads sentences aloud with a packaged voice; runs in an environment of its own (samples/requirements.txt).

    PYTHON voice.py SENTENCES.json FOLDER

Writes a sound (16 bit, mono) for each sentence to FOLDER, named by its text, unless it is there already, and
its rate to FOLDER/rate. The voice is Piper's (GPL): for recordings of ours only, no part of Lectern.
"""

from __future__ import annotations

import hashlib
import json
import sys
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

SAMPLES = Path(__file__).resolve().parents[2] / "samples"


def sound_file(folder: Path, sentence: str) -> Path:
    return folder / f"{hashlib.sha256(sentence.encode()).hexdigest()[:24]}.npy"


def main() -> None:
    sys.path.insert(0, str(SAMPLES))
    from studio.speech import Speaker  # in samples/

    sentences: list[str] = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    folder = Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    speaker = Speaker()
    (folder / "rate").write_text(str(speaker.rate))
    for number, sentence in enumerate(sentences, start=1):
        target = sound_file(folder, sentence)
        if target.exists():
            continue
        sound: NDArray[Any] = np.rint(np.clip(speaker.say(sentence), -1, 1) * 32767).astype(np.int16)
        part = target.with_suffix(".part")
        with part.open("wb") as file:
            np.save(file, sound)
        part.rename(target)
        if number % 25 == 0:
            print(f"spoken: {number} of {len(sentences)} sentences", file=sys.stderr, flush=True)


if __name__ == "__main__":
    main()
