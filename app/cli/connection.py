"""The server that a command speaks to."""

from __future__ import annotations

from argparse import Namespace

from app.cli.client import Api
from app.cli.config import find_target
from app.cli.output import Output


def connect(options: Namespace, output: Output) -> Api:
    """To the server, with the key, that arguments, environment or local stack name. Raises CommandError."""
    target = find_target(options.url, options.key)
    return Api(target, patience_s=options.patience, notice=output.notice)
