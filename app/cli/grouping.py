"""Several recordings as one group: handed in, watched, cancelled, tried again, forgotten together."""

from __future__ import annotations

import time
from argparse import Namespace
from collections.abc import Sequence
from urllib.parse import quote

from app.cli.client import Api, Json
from app.cli.connection import connect
from app.cli.exits import CommandError, Exit
from app.cli.output import Output
from app.cli.progress import LEAST_PAUSE_S, plain
from app.cli.submitting import hand_in, order_of
from app.cli.upload import is_address, readable_file
from app.cli.view import bar

_WAIT_S = 1  # the server counts once a second, but tells of the end at once


def path(group_id: str, *more: str) -> str:
    return "/".join(["/api/groups", quote(group_id, safe=""), *more])


def submit_group(options: Namespace, output: Output) -> Exit:
    """`submit` with several sources, or with `--group`."""
    sources: Sequence[str] = options.sources
    if options.out or (len(sources) > 1 and (options.idempotency_key or options.title)):
        wrong = "--out" if options.out else "--title" if options.title else "--idempotency-key"
        raise CommandError(f"{wrong} is for one recording without a group.", Exit.USAGE)
    for source in sources:  # before the first is sent
        if not is_address(source):
            readable_file(source)
    api = connect(options, output)
    group_id = _group_of(api, options.group or "")
    for source in sources:
        hand_in(api, order_of(options, source, group_id), output)
    if options.wait:
        return _watched(api, group_id, output)
    document = api.get(path(group_id))
    hint = f"Follow them with: lectern group {plain(group_id)} --watch"
    output.result(document, plain(group_id) if output.quiet else hint)
    return Exit.OK


def _group_of(api: Api, given: str) -> str:
    """A group that is there, by its id; else a new one of this name."""
    if given.startswith("group_"):
        return str(api.get(path(given))["id"])
    return str(api.post("/api/groups", body={"name": given})["id"])


def group_command(options: Namespace, output: Output) -> Exit:
    api = connect(options, output)
    for verb in ("cancel", "retry"):
        if getattr(options, verb):
            while api.post(path(options.id, verb))["left"]:  # 500 a call
                output.notice("more are left, going on")
    if options.rm:
        api.call("DELETE", path(options.id))
        output.result({"id": options.id, "removed": True}, f"{options.id} removed")
        return Exit.OK
    if options.watch:
        return _watched(api, options.id, output)
    document = api.get(path(options.id))
    output.result(document, _state(document) if output.quiet else describe(document))
    return Exit.OK


def _watched(api: Api, group_id: str, output: Output) -> Exit:
    try:
        with bar(output.screen(), "jobs ended", quiet=output.quiet) as progress:
            document = api.get(path(group_id))
            while document["ended_at"] is None:
                progress(float(document["progress"]))
                asked = time.monotonic()
                document = api.get(path(group_id), params={"wait": _WAIT_S}, wait_s=_WAIT_S)
                if document["ended_at"] is None:
                    time.sleep(max(0.0, LEAST_PAUSE_S - (time.monotonic() - asked)))
            progress(1.0)
    except KeyboardInterrupt:
        raise CommandError(
            f"The jobs go on. Follow them with: lectern group {group_id} --watch", Exit.INTERRUPTED
        ) from None
    output.result(document, _state(document) if output.quiet else describe(document))
    return Exit.OK if document["counts"]["succeeded"] == document["jobs"] else Exit.FAILED


def _state(document: Json) -> str:
    return "ended" if document["ended"] else "open"


def describe(document: Json) -> str:
    counts = ", ".join(f"{count} {plain(status)}" for status, count in document["counts"].items() if count)
    lines = [
        f"{plain(document['id'])}  {plain(document['name'])}".rstrip(),
        f"  {document['jobs']} jobs: {counts or 'none'} ({document['progress']:.0%} ended)",
    ]
    for failed in document["errors"]:
        why = plain((failed["error"] or {}).get("message")) or "no reason was given"
        lines.append(f"  {plain(failed['job_id'])}  {plain(failed['title'])}: {why}")
    return "\n".join(lines)
