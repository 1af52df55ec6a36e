"""The commands of an operator: queues and workers."""

from __future__ import annotations

from argparse import Namespace
from urllib.parse import quote

from app.cli.client import Json
from app.cli.connection import connect
from app.cli.exits import Exit
from app.cli.output import Output
from app.cli.progress import plain
from app.cli.view import duration


def queues_command(options: Namespace, output: Output) -> Exit:
    document = connect(options, output).get("/api/queues")
    head = f"{'queue':<14}{'':8}{'ready':>7}{'sent':>7}{'running':>9}{'longest wait':>15}{'workers':>9}"
    lines = [head] + [_queue_line(queue) for queue in document["queues"]]
    names = [plain(queue["name"]) for queue in document["queues"]]
    output.result(document, "\n".join(names if output.quiet else lines))
    return Exit.OK


def _queue_line(queue: Json) -> str:
    paused = "paused" if queue["paused"] else ""
    wait = duration(float(queue["oldest_wait_s"])) if queue["ready"] or queue["published"] else "-"
    counts = f"{queue['ready']:>7}{queue['published']:>7}{queue['running']:>9}"
    return f"{plain(queue['name']):<14}{paused:8}{counts}{wait:>15}{queue['workers']:>9}"


def queue_command(options: Namespace, output: Output) -> Exit:
    api = connect(options, output)
    path = f"/api/queues/{quote(options.name, safe='')}/{options.verb}"
    document = api.call("POST", path, repeatable=True).json()
    said = "is paused; what runs goes on" if document["paused"] else "goes on"
    output.result(document, plain(document["name"]) if output.quiet else f"{plain(document['name'])} {said}")
    return Exit.OK


def workers_command(options: Namespace, output: Output) -> Exit:
    document = connect(options, output).get("/api/workers")
    lines = [
        f"{plain(w['name']):<40} {w['running']} of {w['concurrency']}"
        f"  {plain(','.join(w['queues']))}  since {plain(w['since'])[:19]}"
        + ("  draining" if w["draining"] else "")
        for w in document["workers"]
    ]
    names = [plain(w["name"]) for w in document["workers"]]
    output.result(document, "\n".join(names if output.quiet else lines) or "No worker lives.")
    return Exit.OK


def worker_command(options: Namespace, output: Output) -> Exit:
    api = connect(options, output)
    document = api.call(
        "POST", f"/api/workers/{quote(options.name, safe='')}/{options.verb}", repeatable=True
    ).json()
    said = "ends what it runs, takes nothing new, and exits"
    output.result(document, plain(document["name"]) if output.quiet else f"{plain(document['name'])} {said}")
    return Exit.OK
