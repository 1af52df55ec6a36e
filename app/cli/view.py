"""What the user sees while something happens: bars on a terminal, a line per change elsewhere."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self

from rich.console import Console
from rich.progress import BarColumn, Progress, ProgressColumn, TaskID, TaskProgressColumn, TextColumn

from app.cli.client import Json
from app.cli.progress import ENDED, StageLine, plain, seconds_between, stage_lines, standing

_MARKS = {
    "waiting": "·",
    "queued": "○",
    "running": "▶",
    "succeeded": "✓",
    "failed": "✗",
    "skipped": "–",
    "cancelled": "–",
}
_WORDS = {"succeeded": "done"}
_MOVING = frozenset({"running", "succeeded"})  # elsewhere a percentage would promise what did not come


def _share(state: str, share: float) -> str:
    """Beside a name: how far it has come, or in a word why that says nothing."""
    return f"{share:.0%}" if state in _MOVING else plain(state)


def _bars(console: Console, figure: ProgressColumn) -> Progress:
    return Progress(
        TextColumn("{task.fields[mark]}", markup=False),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=28),
        figure,
        TextColumn("{task.fields[note]}", markup=False, style="dim"),
        console=console,
    )


class JobView:
    """A job's stages as they move. Use as a context manager and call it with each document."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self.live = console.is_terminal and not quiet
        figure = TextColumn("{task.fields[share]:>9}", markup=False)
        self._progress = _bars(console, figure) if self.live else None
        self._tasks: dict[str, TaskID] = {}
        self._seen: dict[str, str] = {}

    def __enter__(self) -> Self:
        if self._progress:
            self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._progress:
            self._progress.stop()

    def __call__(self, document: Json) -> None:
        if self._quiet:
            return
        if self._progress:
            self._bar("", "whole job", str(document["status"]), float(document.get("progress") or 0), "")
            for line in stage_lines(document):
                self._bar(line.name, line.label, line.state, line.progress, remark(line))
            return
        status = str(document["status"])
        if status not in ENDED:
            self._change("", ", ".join(filter(None, (f"job {plain(status)}", standing(document)))))
        for line in stage_lines(document):
            if line.state not in ("waiting", "queued") or line.failures:
                self._change(line.name, describe(line))
        if status in ENDED:  # after what led to it
            self._change("", f"job {plain(status)}")

    def _bar(self, key: str, label: str, state: str, share: float, note: str) -> None:
        assert self._progress is not None
        if key not in self._tasks:
            self._tasks[key] = self._progress.add_task(label, total=1.0, mark="", share="", note="")
        self._progress.update(
            self._tasks[key],
            completed=share if state in _MOVING else 0.0,
            mark=_MARKS.get(state, " "),
            share=_share(state, share),
            note=note,
        )

    def _change(self, key: str, text: str) -> None:
        if self._seen.get(key) != text:
            self._seen[key] = text
            self._console.print(f"{time.strftime('%H:%M:%S')}  {text}", markup=False, soft_wrap=True)


def remark(line: StageLine) -> str:
    """What stands beside a stage's bar."""
    parts = [f"{line.done} of {line.chunks} pieces"] if line.chunks > 1 else []
    if line.error and line.state != "succeeded":
        again = "" if line.state in ("failed", "cancelled") else " (will be tried again)"
        parts.append(line.error + again)
    elif line.seconds is not None and line.state == "succeeded":
        parts.append(f"{line.seconds:.1f} s")
    elif line.note:
        parts.append(line.note)
    return ", ".join(parts)


def describe(line: StageLine) -> str:
    """A stage in one line of text; changes only when there is news, not with each percent."""
    note = remark(line) if line.state != "running" or line.chunks > 1 or line.error else ""
    return f"{line.label}: {_WORDS.get(line.state, line.state)}" + (f" ({note})" if note else "")


def describe_job(document: Json) -> str:
    """A job in some lines of text."""
    status = plain(document["status"])
    share = f", {float(document.get('progress') or 0):.0%}" if status in _MOVING else ""
    head = [
        f"{plain(document['id'])}  {status}{share}",
        f"  {plain(document.get('kind'))}: {plain(document.get('title'))}",
    ]
    if where := standing(document):
        head.append(f"  {where}")
    started, ended = document.get("started_at"), document.get("ended_at")
    if started and ended:
        head.append(f"  took {duration(seconds_between(started, ended))}")
    stages = [
        f"  {_MARKS.get(s.state, ' ')} {s.label:<22} {_share(s.state, s.progress):>9}  {remark(s)}".rstrip()
        for s in stage_lines(document)
    ]
    error = document.get("error") or {}
    tail = [f"  Error: {plain(error.get('message'))}"] if error else []
    return "\n".join(head + stages + [f"  Note: {plain(w)}" for w in document.get("warnings") or []] + tail)


def duration(seconds: float) -> str:
    """Minutes and seconds as people write them."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    if hours:
        return f"{hours} h {minutes:02d} min"
    return f"{minutes} min {rest:02d} s" if minutes else f"{seconds:.1f} s"


@contextmanager
def bar(console: Console, label: str, *, quiet: bool) -> Iterator[Callable[[float], None]]:
    """One progress bar, set by a share from 0 to 1; on anything but a terminal, nothing."""
    if quiet or not console.is_terminal:
        yield lambda _: None
        return
    with _bars(console, TaskProgressColumn()) as progress:
        task = progress.add_task(label, total=1.0, mark=_MARKS["running"], note="")
        yield lambda share: progress.update(task, completed=share)
        progress.update(task, mark=_MARKS["succeeded"])
