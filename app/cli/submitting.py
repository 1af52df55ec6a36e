"""Handing a recording in, as the arguments say."""

from __future__ import annotations

import json
from argparse import Namespace
from typing import Any

from app.cli.client import Api, Json
from app.cli.exits import CommandError, Exit
from app.cli.output import Output
from app.cli.progress import plain
from app.cli.upload import Order, is_address, submit
from app.cli.view import bar


def order_of(options: Namespace, source: str, group: str | None = None) -> Order:
    """What to submit of one source. Raises CommandError for a parameter that is none."""
    return Order(
        source=source,
        kind=options.kind,
        title=options.title,
        priority=options.priority,
        params=dict(parameter(text) for text in options.param),
        idempotency_key=options.idempotency_key,
        deck=options.deck,
        webhook=options.webhook,
        group=group,
    )


def parameter(text: str) -> tuple[str, Any]:
    """`name=value` as a pair; the value is JSON where it is JSON (numbers, true), else text."""
    name, sign, value = text.partition("=")
    if not sign or not name:
        raise CommandError(f"“{text}” is not a parameter; write NAME=VALUE.", Exit.USAGE, field="param")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def hand_in(api: Api, order: Order, output: Output) -> Json:
    """Upload with a progress bar, submit, and say which job came of it."""
    try:
        label = "sending" if not is_address(order.source) else "submitting"
        with bar(output.screen(), label, quiet=output.quiet) as progress:
            job = submit(api, order, lambda sent, size: progress(sent / size if size else 1.0))
    except KeyboardInterrupt:
        raise CommandError("Interrupted before anything was submitted.", Exit.INTERRUPTED) from None
    output.say(f"Job {plain(job['id'])}")
    return job
