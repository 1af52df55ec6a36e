"""Dead letters: what failed for good, why, and the way to send it off again."""

from __future__ import annotations

from argparse import Namespace

from app.cli.client import Json
from app.cli.connection import connect
from app.cli.exits import CommandError, Exit
from app.cli.output import Output
from app.cli.progress import plain

_PATH = "/api/dead-letters"
FILTERS = ("job_id", "kind", "stage", "code", "digest")


def list_letters(options: Namespace, output: Output) -> Exit:
    """A letter a line, newest first; with `--log` also what the step said last."""
    api = connect(options, output)
    letters: list[Json] = []
    cursor: str | None = None
    while len(letters) < options.limit:
        wanted = {"limit": min(options.limit - len(letters), 200), "cursor": cursor}
        page = api.get(_PATH, params={**_filter(options), **wanted})
        letters += page["dead_letters"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    lines = [plain(a["job_id"]) if output.quiet else _letter(a, with_log=options.log) for a in letters]
    text = "\n".join(dict.fromkeys(lines)) or ("" if output.quiet else "No dead letters.")
    output.result({"dead_letters": letters, "next_cursor": cursor}, text)
    return Exit.OK


def replay_letters(options: Namespace, output: Output) -> Exit:
    """Run the jobs behind the letters again; which ones has to be said."""
    body = _filter(options)
    if bool(body) is bool(options.all):
        raise CommandError("Say which: --all, or at least one of the filters, not both.", Exit.USAGE)
    api = connect(options, output)
    jobs: dict[str, None] = {}
    while True:  # 500 a call; who fails again at once is a letter again, and not waited for
        document = api.post(f"{_PATH}/replay", body=body)
        known = len(jobs)
        jobs |= dict.fromkeys(document["replayed"])
        if not document["left"] or len(jobs) == known:
            break
        output.notice(f"{document['left']} are left, going on")
    lines = [plain(job_id) for job_id in jobs]
    text = "\n".join(lines if output.quiet else [*lines, f"{len(jobs)} jobs run again."])
    output.result({"replayed": list(jobs), "left": document["left"]}, text)
    return Exit.OK


def _filter(options: Namespace) -> Json:
    return {name: value for name in FILTERS if (value := getattr(options, name)) is not None}


def _letter(letter: Json, *, with_log: bool) -> str:
    stage = plain(letter["stage"]) + (f" {letter['chunk']}" if letter["chunk"] else "")
    tries = f"failed {letter['failures']} ×, lost {letter['losses']} ×"
    lines = [
        f"{plain(letter['job_id'])}  {plain(letter['died_at'])[:19]}  {plain(letter['title'])}".rstrip(),
        f"  {stage}: {plain(letter['code'])} {plain(letter['digest'])} ({tries}): {plain(letter['reason'])}",
    ]
    if with_log and letter["log"]:
        lines += [f"  | {plain(line)}" for line in str(letter["log"]).splitlines()]
    return "\n".join(lines)
