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
from contextlib import closing
from pathlib import Path
from queue import SimpleQueue
from threading import Event

from app.lectures.model import SlideExtraction
from app.lectures.slides.heap import give_back
from app.lectures.slides.join import join
from app.lectures.slides.part import extract_part
from app.lectures.slides.parts import PartSlides, SlidePlan
from app.lectures.slides.plan import PART_S, plan

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
    threads: int | None = None,
) -> SlideExtraction:
    """Find the distinct slides of a recording and write an image of each to `out_dir`.

    Times are seconds on the presentation clock. Builds belong to their slide (the image shows the full
    one), a revisit is another interval of the same slide, and where no slide was shown there is none.
    A file that cannot be read raises BadMedia; one without pictures or slides gives an empty result.
    `progress` is called from the calling thread only. `threads`: parts read at once, one a core when None.
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
            threads or len(os.sched_getaffinity(0)),
            lambda share: progress(_PLANNED + share * (_READ - _PLANNED)),
        )
        with closing(parts):
            joined = join(path, planned, parts, out_dir)
        for slide, origin in zip(joined.extraction.slides, joined.origins, strict=True):
            if origin.part is not None:
                (Path(folder) / origin.file).rename(out_dir / slide.image)
            else:
                (out_dir / origin.file).rename(out_dir / slide.image)
    progress(1.0)
    return joined.extraction


def _read_all(
    path: Path, planned: SlidePlan, folder: Path, threads: int, progress: Callable[[float], None]
) -> Generator[PartSlides, None, None]:
    """All parts in order, `threads` read at once; each is given while later ones are still being read.

    What they found waits in files, for hours of it would not fit.
    """
    reports: SimpleQueue[tuple[int, float] | None] = SimpleQueue()
    stop = Event()

    def read(index: int) -> Path:
        def report(share: float) -> None:
            if stop.is_set():
                raise _Stopped
            reports.put((index, share))

        found = extract_part(path, planned, index, folder, progress=report)
        file = folder / f"part_{index:03d}.json"
        file.write_text(found.model_dump_json(), encoding="utf-8")
        del found
        give_back()
        return file

    def ended(future: Future[Path]) -> None:
        if future.exception() is not None:
            stop.set()
        reports.put(None)

    spans = [end_s - start_s for start_s, end_s in map(planned.span, range(planned.parts))]
    done = [0.0] * planned.parts
    with ThreadPoolExecutor(max(1, min(threads, planned.parts))) as pool:
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
        finally:
            stop.set()
    for error in (future.exception() for future in futures):
        if error is not None and not isinstance(error, _Stopped):
            raise error
