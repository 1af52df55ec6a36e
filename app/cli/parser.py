"""The command line: names, options and their help."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from importlib import metadata
from typing import TypeAlias

from app.cli import commands, dead, grouping, operating, people, webhooks
from app.cli.alignment import align_command
from app.cli.demo import demo_command
from app.cli.exits import MEANINGS, Exit
from app.cli.extraction import extract_command
from app.cli.output import Output

_Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"
Command = Callable[[argparse.Namespace, Output], Exit]
_STATUSES = ("queued", "running", "cancelling", "succeeded", "failed", "cancelled")
_TIERS = ("free", "pro", "premium", "enterprise", "unlimited")
_SCOPES = ("read", "write", "admin")
_PRIORITIES = ("low", "normal", "high", "critical")


def build() -> argparse.ArgumentParser:
    codes = "\n".join(f"  {int(code):>3}  {meaning}" for code, meaning in MEANINGS.items())
    parser = argparse.ArgumentParser(
        prog="lectern",
        description="From a lecture recording to slides, transcript and a study guide.",
        epilog=f"exit codes:\n{codes}\n\n"
        "The server is --url, else LECTERN_URL, else the local stack's, else http://127.0.0.1:5000;\n"
        "the key is --key, else LECTERN_API_KEY, else the local stack's.",
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action="version", version=f"lectern {_version()}")
    parser.set_defaults(json=False, quiet=False, debug=False, url=None, key=None, patience=None)
    _common(parser)
    subs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    _submitting(subs)
    _reading(subs)
    _changing(subs)
    _dead(subs)
    _operating(subs)
    _webhooks(subs)
    _accounts(subs)
    return parser


def _submitting(subs: _Subparsers) -> None:
    submit = _command(subs, "submit", commands.submit_command, "hand in a recording, from a file or a URL")
    submit.add_argument("sources", metavar="FILE|URL", nargs="+", help="several become a group")
    submit.add_argument("--group", metavar="NAME|ID", help="a new group of this name, or one that is there")
    _order_options(submit)
    submit.add_argument("--wait", action="store_true", help="show the progress and wait for the end")
    submit.add_argument("--out", metavar="DIR", help="wait, then fetch all results into DIR")

    demo = _command(subs, "demo", demo_command, "hand in, watch, fetch everything, say what was found")
    demo.add_argument("recording", metavar="RECORDING")
    demo.add_argument("--out", metavar="DIR", required=True, help="gets the study guide and all the rest")
    _order_options(demo)
    demo.add_argument("--force", action="store_true", help="also into a folder that holds other files")

    extract = _command(subs, "extract", extract_command, "find the slides of a recording, without any server")
    extract.add_argument("recording", metavar="RECORDING")
    extract.add_argument("--out", metavar="DIR", required=True, help="gets slides.json and slides/")
    extract.add_argument("--force", action="store_true", help="also into a folder that holds other files")

    align = _command(
        subs, "align", align_command, "find the page of a deck for each sentence, without a server"
    )
    align.add_argument("--deck", metavar="FILE", required=True, help="the slides, as PDF or PPTX")
    align.add_argument("--transcript", metavar="FILE", required=True, help="what was said: SRT or VTT")
    align.add_argument("--out", metavar="FILE", help="also write the alignment there, as JSON")


def _reading(subs: _Subparsers) -> None:
    listing = _command(subs, "ls", commands.list_command, "list jobs, the newest first")
    listing.add_argument("--status", choices=_STATUSES)
    listing.add_argument("--kind")
    listing.add_argument("--limit", type=_count, default=20, metavar="N", help="at most N (default 20)")

    status = _command(subs, "status", commands.status_command, "show a job and its stages")
    status.add_argument("id", metavar="ID")
    status.add_argument("--watch", action="store_true", help="until it has ended; exit code 1 if it failed")

    group = _command(subs, "group", grouping.group_command, "show how the jobs of a group stand")
    group.add_argument("id", metavar="ID")
    group.add_argument("--watch", action="store_true", help="until all have ended; exit code 1 if one failed")
    group.add_argument("--cancel", action="store_true", help="stop those that have not ended")
    group.add_argument("--retry", action="store_true", help="run those again that failed or were cancelled")
    group.add_argument("--rm", action="store_true", help="forget the group, its jobs and their results")

    get = _command(subs, "get", commands.get_command, "list a job's results, or fetch them")
    get.add_argument("id", metavar="ID")
    get.add_argument("names", metavar="NAME", nargs="*", help="a result; `slides` is all slide images")
    get.add_argument("--all", action="store_true", help="fetch everything")
    get.add_argument("--out", metavar="DIR", default=".", help="where to (default: here)")

    _command(subs, "health", commands.health_command, "ask the server how it is")


def _changing(subs: _Subparsers) -> None:
    for name, run, text in (
        ("cancel", commands.cancel_command, "stop a job"),
        ("retry", commands.retry_command, "run a failed or cancelled job again from where it failed"),
        ("rm", commands.remove_command, "forget an ended job and its results"),
    ):
        command = _command(subs, name, run, text)
        command.add_argument("id", metavar="ID")
        if name == "rm":
            command.add_argument("--cancel", action="store_true", help="if it still runs, cancel it first")


def _dead(subs: _Subparsers) -> None:
    text = "what failed for good, and why; run it again"
    group = subs.add_parser("dead", help=text, description=f"{text[0].upper()}{text[1:]}.")
    verbs = group.add_subparsers(metavar="VERB", required=True)
    listing = _command(verbs, "list", dead.list_letters, "list them, the newest first")
    listing.add_argument("--limit", type=_count, default=50, metavar="N", help="at most N (default 50)")
    listing.add_argument("--log", action="store_true", help="with the last lines that the step said")
    replay = _command(verbs, "replay", dead.replay_letters, "run these jobs again from where they failed")
    replay.add_argument("--all", action="store_true", help="instead of a filter: all that failed")
    for command in (listing, replay):
        command.add_argument("--job", metavar="ID", dest="job_id", help="only those of this job")
        command.add_argument("--kind", help="only of this kind of job")
        command.add_argument("--stage", metavar="NAME", help="only those that failed in this step")
        command.add_argument("--code", help="only those with this code, like `crashed`")
        command.add_argument("--digest", help="only failures of the same kind as the one with this digest")


def _accounts(subs: _Subparsers) -> None:
    users = subs.add_parser("users", help="make, list and change users (needs the scope admin)")
    verbs = users.add_subparsers(metavar="VERB", required=True)
    add = _command(verbs, "add", people.add_user, "make a user and their first key, shown this once")
    add.add_argument("name", metavar="NAME")
    add.add_argument("--tier", choices=_TIERS, default="free")
    _command(verbs, "list", people.list_users, "list the users")
    tier = _command(verbs, "tier", people.change_tier, "change a user's tier")
    tier.add_argument("id", metavar="ID")
    tier.add_argument("tier", choices=_TIERS)

    keys = subs.add_parser("keys", help="make, list, rotate and revoke your keys")
    verbs = keys.add_subparsers(metavar="VERB", required=True)
    add = _command(verbs, "add", people.add_key, "make a key, shown this once")
    add.add_argument("label", metavar="LABEL", help="what it is for")
    add.add_argument("--user", metavar="ID", help="whose (needs the scope admin; default: yours)")
    add.add_argument("--scope", action="append", choices=_SCOPES, help="repeatable (default: read, write)")
    add.add_argument("--days", type=_count, metavar="N", help="ends after N days (default: when revoked)")
    _command(verbs, "list", people.list_keys, "list your keys that still work")
    rotate = _command(verbs, "rotate", people.rotate_key, "give a key a new secret, shown this once")
    rotate.add_argument("id", metavar="ID")
    rotate.add_argument("--grace", type=_seconds, default=0.0, metavar="S", help="the old one goes on for S")
    revoke = _command(verbs, "revoke", people.revoke_key, "end a key")
    revoke.add_argument("id", metavar="ID")


def _operating(subs: _Subparsers) -> None:
    _command(subs, "queues", operating.queues_command, "list the queues: how full, and who serves them")
    queue = _command(subs, "queue", operating.queue_command, "pause a queue, or let it go on")
    queue.add_argument("verb", choices=("pause", "resume"))
    queue.add_argument("name", metavar="NAME")
    _command(subs, "workers", operating.workers_command, "list the workers that live")
    worker = _command(subs, "worker", operating.worker_command, "let a worker end what it runs, and exit")
    worker.add_argument("verb", choices=("drain",))
    worker.add_argument("name", metavar="NAME")


def _webhooks(subs: _Subparsers) -> None:
    text = "have another server told when jobs end"
    group = subs.add_parser("webhooks", help=text, description=f"{text[0].upper()}{text[1:]}.")
    inner = group.add_subparsers(title="commands", metavar="COMMAND", required=True)
    add = _command(inner, "add", webhooks.add_command, "add a webhook; says its secret this once")
    add.add_argument("address", metavar="URL")
    add.add_argument("--event", metavar="TYPE", action="append", help="may be repeated; default: every end")
    add.add_argument("--label", default="", help="what it is for, in your words")
    listing = _command(inner, "list", webhooks.list_command, "list webhooks, or the messages to one")
    listing.add_argument("id", metavar="ID", nargs="?")
    listing.add_argument("--state", choices=("pending", "delivered", "failed"), help="of the messages")
    for name, run, does in (
        ("test", webhooks.test_command, "send a message to try it out"),
        ("replay", webhooks.replay_command, "send one message again, or all that failed for good"),
        ("rm", webhooks.remove_command, "end a webhook"),
    ):
        command = _command(inner, name, run, does)
        command.add_argument("id", metavar="ID")
        if name == "replay":
            command.add_argument("delivery", metavar="DELIVERY", nargs="?")
            command.add_argument("--since", metavar="TIME", help="like 2026-11-26T09:30:00Z; default: all")


def _order_options(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--deck", metavar="FILE|URL", help="PDF or PPTX of the slides, beside the recording")
    parser.add_argument("--kind", default="lecture", help="kind of job (default: lecture)")
    parser.add_argument("--title", default="", help="default: the name of the file")
    parser.add_argument("--priority", choices=_PRIORITIES, default="normal")
    parser.add_argument("--webhook", metavar="URL", help="is told when the job has ended")
    parser.add_argument("--param", metavar="NAME=VALUE", action="append", default=[], help="may be repeated")
    parser.add_argument(
        "--idempotency-key", metavar="KEY", help="the same KEY never makes a second job, not even another day"
    )


def _command(subs: _Subparsers, name: str, run: Command, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = subs.add_parser(
        name, help=text, description=f"{text[0].upper()}{text[1:]}.", allow_abbrev=False
    )
    parser.set_defaults(run=run)
    _common(parser)
    return parser


def _common(parser: argparse.ArgumentParser) -> None:
    """Options that may stand before or after the command; their defaults are the main parser's."""
    absent = argparse.SUPPRESS
    group = parser.add_argument_group("everywhere")
    group.add_argument("--json", action="store_true", default=absent, help="results as JSON, progress aside")
    group.add_argument("--quiet", "-q", action="store_true", default=absent, help="results only, no progress")
    group.add_argument("--url", default=absent, help="address of the server")
    group.add_argument(
        "--key", default=absent, help="API key (others on this machine may see it: prefer the environment)"
    )
    group.add_argument(
        "--patience", type=_seconds, default=absent, metavar="S",
        help="seconds to keep trying a server that does not answer (default 5, or 60 once it has answered)",
    )  # fmt: skip
    group.add_argument(
        "--debug", action="store_true", default=absent, help="show where an unforeseen error arose"
    )


def _count(text: str) -> int:
    value = int(text)
    if value < 1:
        raise argparse.ArgumentTypeError("must be at least 1")
    return value


def _seconds(text: str) -> float:
    value = float(text)
    if not 0 <= value < 86_400:
        raise argparse.ArgumentTypeError("must be a number of seconds, not negative, below a day")
    return value


def _version() -> str:
    try:
        return metadata.version("lectern")
    except metadata.PackageNotFoundError:
        return "(from a checkout)"
