"""`lectern extract`: the slides of a recording, on this machine alone."""

from __future__ import annotations

import json
import time
from argparse import Namespace
from pathlib import Path

from app.cli import stopping
from app.cli.exits import CommandError, Exit
from app.cli.output import Output
from app.cli.staging import check_folder, staged
from app.cli.upload import readable_file
from app.cli.view import bar, duration
from app.errors import LecternError

NAMES = ("slides.json", "slides")


def extract_command(options: Namespace, output: Output) -> Exit:
    """Write OUT/slides.json and OUT/slides/; needs neither server, database nor network."""
    recording, folder = readable_file(options.recording), Path(options.out)
    check_folder(folder, NAMES, force=options.force)
    from app.lectures.slides import extract, write_listing  # heavy: only this command pays for it

    began = time.monotonic()
    try:
        with staged(folder, NAMES) as work:
            (work / "slides").mkdir()
            with bar(output.screen(), "finding slides", quiet=output.quiet) as progress:

                def told(share: float) -> None:
                    stopping.check()
                    progress(share)

                found = extract(recording, work / "slides", progress=told)
            write_listing(found, work)
            stopping.check()
    except LecternError as error:
        raise CommandError(f"{recording.name}: {error.message}", Exit.REFUSED) from error
    took_s = time.monotonic() - began
    intervals = json.loads((folder / "slides.json").read_text(encoding="utf-8"))
    speed = found.duration_s / took_s
    summary = {
        "slides": len(found.slides),
        "intervals": len(intervals),
        "duration_s": found.duration_s,
        "took_s": round(took_s, 3),
        "times_real_time": round(speed, 1),
        "warnings": list(found.warnings),
        "out": str(folder),
    }
    for warning in found.warnings:
        output.notice(warning)
    output.result(
        summary,
        f"{len(found.slides)} slides, shown {len(intervals)} times, in {duration(found.duration_s)} of"
        f" recording; took {duration(took_s)}, {speed:.1f} × real time.\n{folder / 'slides.json'}",
    )
    return Exit.OK
