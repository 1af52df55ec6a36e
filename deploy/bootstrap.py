"""Make `.venv` with everything in it. Standard library only: this runs before anything is installed.

Nothing is done twice: a stamp in `.venv` holds a digest of all that decides its content. Two setups at once
take turns. Debian packages are asked for only where no wheel serves: the data of Tesseract, and the venv
module that Debian splits off.
"""
# ruff: noqa: S603, T201 (a script: it prints, and runs commands that are fixed here)

from __future__ import annotations

import fcntl
import hashlib
import importlib.util
import json
import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
VENV = ROOT / ".venv"
PYTHON = VENV / "bin" / "python"
STAMP = VENV / "lectern-setup.json"
DECISIVE = (
    "requirements.txt",
    "requirements-dev.txt",
    "pyproject.toml",
    "deploy/bootstrap.py",
)
NOISE = "WARNING: Location "  # a folder of packages that the machine names for pip, and that is not there
TESSDATA = (
    "/usr/share/tesseract-ocr/*/tessdata",
    "/usr/share/tessdata",
    "/usr/local/share/tessdata",
    "/opt/homebrew/share/tessdata",
)


def main() -> int:
    """Set up; 0 when `.venv` is complete, 1 with a reason when it cannot be."""
    lock = os.open(ROOT, os.O_RDONLY)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        say("Another setup is at work; waiting for it.")
        fcntl.flock(lock, fcntl.LOCK_EX)
    try:
        if up_to_date():
            say("Setup: .venv is up to date.")
        else:
            install()
        ensure_ocr_data()
    except SetupError as error:
        print(f"Setup failed: {error}", file=sys.stderr, flush=True)
        return 1
    return 0


class SetupError(Exception):
    """Setup cannot go on; the message says what to do."""


def up_to_date() -> bool:
    return read_stamp() == wanted_stamp() and (VENV / "bin" / "lectern").exists()


def read_stamp() -> dict[str, str]:
    try:
        stamp = json.loads(STAMP.read_text())
    except (FileNotFoundError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp() -> None:
    STAMP.write_text(json.dumps(wanted_stamp()))


def wanted_stamp() -> dict[str, str]:
    """What `.venv` must have been made from; the folder counts, since scripts in it name it."""
    digest = hashlib.sha256()
    for name in DECISIVE:
        digest.update((ROOT / name).read_bytes())
    return {"content": digest.hexdigest(), "python": python_version(PYTHON) or "", "root": str(ROOT)}


def install() -> None:
    began = time.monotonic()
    ensure_venv()
    STAMP.unlink(missing_ok=True)
    say("Setup: installing the pinned packages (about 1 GB on disk; minutes the first time)")
    pip("install", "-r", "requirements.txt", "-r", "requirements-dev.txt")
    say("Setup: installing the lectern command into .venv/bin")
    pip("install", "--no-deps", "--editable", ".")
    write_stamp()
    say(f"Setup: done in {time.monotonic() - began:.0f} s.")


def ensure_venv() -> None:
    """A `.venv` whose Python runs and is new enough, made in this folder."""
    version = python_version(PYTHON)
    moved = read_stamp().get("root", str(ROOT)) != str(ROOT)
    if version and not moved and tuple(int(part) for part in version.split(".")[:2]) >= (3, 11):
        return
    if importlib.util.find_spec("ensurepip") is None:
        package = f"python3.{sys.version_info.minor}-venv"
        if not apt_install(package, "this Python cannot make virtual environments with pip"):
            raise SetupError(
                f"this Python has no ensurepip: install {package}, or use another Python from 3.11 on"
            )
    say(f"Setup: making .venv with Python {sys.version.split()[0]} ({sys.executable})")
    run([sys.executable, "-m", "venv", "--clear", str(VENV)])


def ensure_ocr_data() -> None:
    """The reading of slides needs Tesseract's English data, for which there is no wheel."""
    if ocr_data_found():
        return
    if not (apt_install("tesseract-ocr-eng", "OCR data, of which there is no wheel") and ocr_data_found()):
        say(
            "Setup: Tesseract's English data (eng.traineddata) was not found. All else works; the text on\n"
            "  slides stays unread until you install it (Debian: apt-get install tesseract-ocr-eng;\n"
            "  macOS: brew install tesseract) or point TESSDATA_PREFIX at it."
        )


def ocr_data_found() -> bool:
    folders = [folder for pattern in TESSDATA for folder in Path("/").glob(pattern.lstrip("/"))]
    if os.environ.get("TESSDATA_PREFIX"):
        folders.append(Path(os.environ["TESSDATA_PREFIX"]))
    return any((folder / "eng.traineddata").is_file() for folder in folders)


def apt_install(package: str, why: str) -> bool:
    """Install one Debian package if we may; False if we may not or it failed."""
    if os.geteuid() != 0 or shutil.which("apt-get") is None:
        return False
    say(f"Setup: apt-get install {package} ({why})")
    command = ["apt-get", "install", "-y", "-qq", "--no-install-recommends", package]
    update = ["apt-get", "update", "-qq"]  # the package lists may be missing or old
    return _succeeds(command) or (_succeeds(update) and _succeeds(command))


def _succeeds(command: list[str]) -> bool:
    env = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    return subprocess.run(command, env=env, stdout=subprocess.DEVNULL, check=False).returncode == 0


def python_version(python: Path) -> str | None:
    """Full version of that Python, None if it does not run."""
    ask = [str(python), "-c", "import platform; print(platform.python_version())"]
    try:
        return subprocess.run(ask, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return None


def pip(*arguments: str) -> None:
    run(
        [
            str(PYTHON),
            "-m",
            "pip",
            "--disable-pip-version-check",
            "--no-input",
            arguments[0],
            "--quiet",
            *arguments[1:],
        ]
    )


def run(command: list[str]) -> None:
    """Run it; what it says on standard error is passed on, but for what is noise."""
    with subprocess.Popen(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, errors="replace"
    ) as process:
        for line in process.stderr or ():
            if not line.startswith(NOISE):
                sys.stderr.write(line)
                sys.stderr.flush()
    if process.returncode != 0:
        raise SetupError(f"`{' '.join(command)}` ended with exit code {process.returncode}; see above")


def say(text: str) -> None:
    """Print at once. A reader that has gone (`| head`) is no reason to stop half-way."""
    try:
        print(text, flush=True)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


if __name__ == "__main__":
    sys.exit(main())
