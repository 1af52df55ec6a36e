"""Entry point of the `lectern` command: from arguments to an exit code, never to a stack trace."""

from __future__ import annotations

import os
import sys
import traceback
from argparse import Namespace
from collections.abc import Sequence

from app.cli import parser, stopping
from app.cli.exits import CommandError, Exit
from app.cli.output import Output


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; the exit code says how it ended (see `app.cli.exits`)."""
    options = parser.build().parse_args(argv)
    output = Output(as_json=options.json, quiet=options.quiet)
    stopping.listen()
    try:
        return _run(options, output)
    except BrokenPipeError:  # the reader (`| head`) has seen enough
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return Exit.OK


def _run(options: Namespace, output: Output) -> int:
    try:
        return int(options.run(options, output))
    except CommandError as error:
        output.failure(error)
        return int(error.code)
    except KeyboardInterrupt:
        output.failure(CommandError("Interrupted.", Exit.INTERRUPTED))
        return Exit.INTERRUPTED
    except BrokenPipeError:
        raise
    except OSError as error:
        where = f": {error.filename}" if error.filename else ""
        output.failure(CommandError(f"{error.strerror or error}{where}.", Exit.USAGE))
        return Exit.USAGE
    except Exception as error:  # noqa: BLE001 - the last resort: a user gets a sentence, --debug the trace
        if options.debug:
            traceback.print_exc()
        hint = "" if options.debug else " (--debug shows more)"
        text = f"Something unforeseen happened: {type(error).__name__}: {error}{hint}"
        output.failure(CommandError(text, Exit.FAILED))
        return Exit.FAILED


if __name__ == "__main__":
    sys.exit(main())
