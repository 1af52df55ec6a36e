"""Lectern's extraction, images written."""

from __future__ import annotations

import sys
from pathlib import Path

from app.lectures.slides import extract, write_listing


def main() -> None:
    video, folder = Path(sys.argv[1]), Path(sys.argv[2])
    write_listing(extract(video, folder / "slides"), folder)


if __name__ == "__main__":
    main()
