"""What heavy stages of the laboratory do, in their child process."""

from __future__ import annotations

import os
import random
import signal
import time

from app.stages.work import Function, Product, Work


def sleep(work: Work) -> Product:
    _spend(work, work.params["seconds"])
    return Product({})


def write(work: Work) -> Product:
    _spend(work, work.params["seconds"])
    return Product({"artifacts": [_artifact(work, int(work.params["bytes"]))]})


def fan_split(work: Work) -> Product:
    return Product({}, spawn=tuple({"piece": i} for i in range(int(work.params["pieces"]))))


def fan_piece(work: Work) -> Product:
    _spend(work, work.params["seconds"])
    return Product({"piece": work.stage_params["piece"]})


def fan_gather(work: Work) -> Product:
    pieces = [result["piece"] for result in work.inputs["fan_piece"]]
    assert pieces == list(range(int(work.params["pieces"]))), "a piece is missing or out of order"
    return Product({"artifacts": [_artifact(work, 1000)]})


def crash(work: Work) -> Product:
    if not _cured(work):
        os.kill(os.getpid(), signal.SIGSEGV)
    return Product({})


def hog(work: Work) -> Product:
    held = []
    while not _cured(work):
        held.append(random.randbytes(16 * 1024 * 1024))  # really resident
    return Product({})


def loop(work: Work) -> Product:
    while not _cured(work):
        pass
    return Product({})


_ALL = {f.__name__: f for f in (sleep, write, fan_split, fan_piece, fan_gather, crash, hog, loop)}


def load(stage: str) -> Function:
    return _ALL[stage]


def _spend(work: Work, seconds: float) -> None:
    """Wait, with progress that moves."""
    began = time.monotonic()
    while (spent := time.monotonic() - began) < seconds:
        work.report(spent / seconds, "waiting")
        time.sleep(min(0.2, seconds - spent))


def _artifact(work: Work, size: int) -> dict[str, object]:
    """A file of this run's own: random, so that two runs never make the same."""
    path = work.folder / "effect.bin"
    path.write_bytes(random.randbytes(size))
    return work.artifact(path, "effect.bin")


def _cured(work: Work) -> bool:
    return (work.storage.root.parent / "cured").exists()
