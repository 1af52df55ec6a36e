"""Draw a PPTX by LibreOffice, where it is installed."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import zipfile
from pathlib import Path

_PATIENCE_S = 300.0  # LibreOffice starts in 2–10 s and draws some ten slides a second; beyond, it hangs
_EXTERNAL = re.compile(rb"<Relationship\b[^>]*TargetMode\s*=\s*[\"']External[\"'][^>]*/>")


def office_installed() -> bool:
    return _office() is not None


def to_pdf(path: Path, work: Path) -> Path | None:
    """A PDF of a PPTX in folder `work`; None if LibreOffice is not installed, fails or hangs."""
    office = _office()
    if office is None:
        return None
    source = work / "deck.pptx"
    _copy_without_links(path, source)
    command = [
        office, f"-env:UserInstallation={(work / 'profile').as_uri()}", "--headless", "--norestore",
        "--convert-to", "pdf", "--outdir", str(work), str(source),
    ]  # fmt: skip
    environment = {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(work), "LANG": "C.UTF-8"}
    process = subprocess.Popen(  # noqa: S603 - a fixed program, and a file name of our own
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,  # soffice is a script that starts soffice.bin: both must end
    )
    try:
        process.wait(_PATIENCE_S)
    except subprocess.TimeoutExpired:
        return None
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait()
    drawn = work / "deck.pdf"
    return drawn if drawn.is_file() else None


def _office() -> str | None:
    return shutil.which("soffice") or shutil.which("libreoffice")


def _copy_without_links(path: Path, copy: Path) -> None:
    """Pictures that a deck only links to would be fetched by LibreOffice from wherever they say."""
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(copy, "w", zipfile.ZIP_STORED) as target:
        for entry in source.infolist():
            if entry.filename.endswith(".rels"):
                target.writestr(entry.filename, _EXTERNAL.sub(b"", source.read(entry)))
            elif not entry.is_dir():
                with source.open(entry) as read, target.open(entry.filename, "w") as write:
                    shutil.copyfileobj(read, write)
