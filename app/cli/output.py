"""Where things are said: results on standard output, trouble on standard error."""

from __future__ import annotations

import json
import sys
from dataclasses import dataclass
from typing import Any

from rich.console import Console

from app.cli.exits import CommandError


@dataclass(frozen=True)
class Output:
    """`as_json`: standard output carries one JSON document and nothing else. `quiet`: no progress."""

    as_json: bool = False
    quiet: bool = False

    def screen(self) -> Console:
        """Where progress is shown; long lines of text are left as they are."""
        return Console(file=sys.stderr if self.as_json else sys.stdout, highlight=False)

    def result(self, document: Any, text: str) -> None:
        """What the command was asked for, in the form that was asked for."""
        if self.as_json:
            text = json.dumps(document, ensure_ascii=False, indent=2)
        if text:  # an empty list, for a script, is no line at all
            sys.stdout.write(text + "\n")
        sys.stdout.flush()

    def say(self, text: str) -> None:
        """Good to know, not the result."""
        if not self.quiet:
            print(text, file=sys.stderr if self.as_json else sys.stdout, flush=True)

    def notice(self, text: str) -> None:
        """Something is slow or odd; said aside, so that it never mixes with a result."""
        if not self.quiet:
            self.aside(text)

    def aside(self, text: str) -> None:
        """On standard error, however quiet."""
        print(f"lectern: {text}", file=sys.stderr, flush=True)

    def failure(self, error: CommandError) -> None:
        """Why the command ends; with --json also as a document on standard output."""
        if self.as_json:
            found: dict[str, Any] = {"message": error.message, "exit_code": int(error.code)}
            if error.field:
                found["field"] = error.field
            sys.stdout.write(json.dumps({"error": found}, ensure_ascii=False, indent=2) + "\n")
            sys.stdout.flush()
        where = f" (field: {error.field})" if error.field else ""
        print(f"lectern: {error.message}{where}", file=sys.stderr, flush=True)
