"""Lectern's extraction, images written; other.json beside its listing has what showed no slide."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from app.lectures.slides import extract, write_listing


def main() -> None:
    find(Path(sys.argv[1]), Path(sys.argv[2]))


def find(video: Path, folder: Path) -> None:
    found = extract(video, folder / "slides")
    write_listing(found, folder)
    other = [{"kind": one.kind, **one.interval.model_dump()} for one in found.other]
    (folder / "other.json").write_text(json.dumps(other), encoding="utf-8")


if __name__ == "__main__":
    main()
