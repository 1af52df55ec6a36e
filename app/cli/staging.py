"""An output folder that shows either the earlier result or the new one, never half of one."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from app.cli.exits import CommandError, Exit


def check_folder(folder: Path, ours: Collection[str], *, force: bool) -> None:
    """CommandError unless results may be put there: no folder yet, an empty one, or an earlier result.

    An earlier result is a folder that holds `slides.json` and nothing that is not among `ours`, the
    names that this command writes. With `force`, other files may stand there; they are left alone.
    """
    if folder.is_symlink() and not folder.exists():
        raise CommandError(f"{folder} is a link to nowhere.", Exit.USAGE)
    if not folder.exists():
        return
    if not folder.is_dir():
        raise CommandError(f"{folder} is not a folder.", Exit.USAGE)
    held = {entry.name for entry in folder.iterdir()}
    earlier = "slides.json" in held and held <= set(ours)
    if held and not earlier and not force:
        raise CommandError(
            f"{folder} is not empty and holds no earlier result; choose another folder or give --force.",
            Exit.USAGE,
        )


@contextmanager
def staged(folder: Path, ours: Collection[str]) -> Iterator[Path]:
    """A folder to work in, on the same file system; its contents move to `folder` when all went well.

    What an earlier run left under the names in `ours` is replaced. After an error, or Ctrl-C,
    `folder` is as it was.
    """
    exists = folder.exists()
    parent = folder if exists else folder.absolute().parent
    made = _make_parents(parent)
    work = parent / f".{folder.absolute().name}.{uuid.uuid4().hex[:8]}.partial"
    work.mkdir()
    done = False
    try:
        yield work
        if exists:
            _exchange(work, folder, ours)
        else:
            os.rename(work, folder)
        done = True
    finally:
        shutil.rmtree(work, ignore_errors=True)
        if not done:
            with suppress(OSError):  # somebody else has put something there meanwhile: it stays
                for path in made:
                    path.rmdir()


def _make_parents(parent: Path) -> list[Path]:
    """Make the missing folders down to `parent`; returns those that were made, innermost first."""
    missing = []
    while not parent.exists():
        missing.append(parent)
        parent = parent.parent
    for path in reversed(missing):
        path.mkdir()
    return missing


def _exchange(work: Path, folder: Path, ours: Collection[str]) -> None:
    """Move the new entries in; should a move fail, put back what had been moved out."""
    new = sorted(entry.name for entry in work.iterdir())
    new.sort(key=lambda name: name == "slides.json")  # last: whoever sees it sees the rest
    old = work / "old"
    old.mkdir()
    moves: list[tuple[Path, Path]] = []
    try:
        for name in {*ours, *new}:
            if os.path.lexists(folder / name):
                _move(folder / name, old / name, moves)
        for name in new:
            _move(work / name, folder / name, moves)
    except BaseException:  # also Ctrl-C: the folder must not stay half one result, half the other
        for source, target in reversed(moves):
            os.rename(target, source)
        raise


def _move(source: Path, target: Path, moves: list[tuple[Path, Path]]) -> None:
    os.rename(source, target)
    moves.append((source, target))
