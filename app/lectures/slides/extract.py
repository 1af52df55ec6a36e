"""The slides of a recording: what was shown when, each distinct slide with one picture of it.

The recording is divided (`plan`), its parts are read (`extract_part`) on all cores of this machine, and
their findings put together (`join`) as they come. Spread over several machines, the same steps give the same
result.
"""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Generator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, closing
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from app.lectures.model import SlideExtraction
from app.lectures.slides.heap import give_back
from app.lectures.slides.join import join
from app.lectures.slides.messages import PartSlides, SlidePlan
from app.lectures.slides.plan import PART_S, plan
from app.lectures.slides.reading import Beside, Here

# Shares of the work, for progress.
_PLANNED, _READ = 0.03, 0.97


class _Stopped(Exception):
    """Another part failed or the caller gave up: what this one finds is wanted no more."""


def extract(
    path: Path,
    out_dir: Path,
    *,
    progress: Callable[[float], None] = lambda share: None,
    part_s: float = PART_S,
    readers: int | None = None,
) -> SlideExtraction:
    """Find the distinct slides of a recording and write an image of each to `out_dir`.

    Times are seconds on the presentation clock. Builds belong to their slide (the image shows the full
    one), a revisit is another interval of the same slide, and where no slide was shown there is none.
    A file that cannot be read raises BadMedia; one without pictures or slides gives an empty result.
    `progress` is called from the calling thread only. `readers`: parts read at once, one a core when None;
    all but the first are processes of their own.
    """
    planned = plan(path, part_s=part_s)
    give_back()
    progress(_PLANNED)
    out_dir.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".parts-", dir=out_dir) as folder:
        parts = _read_all(
            path,
            planned,
            Path(folder),
            readers or len(os.sched_getaffinity(0)),
            lambda share: progress(_PLANNED + share * (_READ - _PLANNED)),
        )
        with closing(parts):
            joined = join(path, planned, parts, out_dir)
        for slide, origin in zip(joined.extraction.slides, joined.origins, strict=True):
            place = out_dir if origin.part is None else Path(folder)
            (place / origin.file).rename(out_dir / slide.image)
            if origin.annotated is not None and slide.annotated is not None:
                (place / origin.annotated).rename(out_dir / slide.annotated)
    progress(1.0)
    return joined.extraction


def _read_all(
    path: Path, planned: SlidePlan, folder: Path, at_once: int, progress: Callable[[float], None]
) -> Generator[PartSlides, None, None]:
    """All parts in order, `at_once` read at once; each is given while later ones are still being read."""
    reports: SimpleQueue[tuple[int, float] | None] = SimpleQueue()
    stop = Event()
    free: SimpleQueue[Here | Beside] = SimpleQueue()
    at_once = max(1, min(at_once, planned.parts))

    def read(index: int) -> Path:
        def report(share: float) -> None:
            if stop.is_set():
                raise _Stopped
            reports.put((index, share))

        reader = free.get()
        try:
            report(0.0)
            return reader.read(index, report)
        finally:
            free.put(reader)

    def ended(future: Future[Path]) -> None:
        if future.exception() is not None:
            stop.set()
        reports.put(None)

    spans = [end_s - start_s for start_s, end_s in map(planned.span, range(planned.parts))]
    done = [0.0] * planned.parts
    with ExitStack() as started, ThreadPoolExecutor(at_once) as pool:
        free.put(Here(path, planned, folder))
        for _ in range(1, at_once):
            free.put(started.enter_context(closing(Beside(path, planned, folder))))
        futures = [pool.submit(read, index) for index in range(planned.parts)]
        for future in futures:
            future.add_done_callback(ended)
        try:
            for future in futures:
                while not future.done() and not stop.is_set():
                    found = reports.get()
                    if found is not None:
                        done[found[0]] = max(done[found[0]], found[1])
                        progress(sum(s * d for s, d in zip(spans, done, strict=True)) / sum(spans))
                if stop.is_set():
                    break
                yield PartSlides.model_validate_json(future.result().read_bytes())
                give_back()  # what joining it took
        finally:
            stop.set()
    for error in (future.exception() for future in futures):
        if error is not None and not isinstance(error, _Stopped):
            raise error
