"""What the documents tell people to type exists, and CI types the same."""

from __future__ import annotations

import re
import subprocess
from functools import cache

from app.cli import parser
from tests.architecture.sources import ROOT, python, text_of, tracked

_WORKER_HELP = """
import celery_worker
try:
    celery_worker.main(["--help"])
except SystemExit:
    pass
"""


@cache
def documents() -> dict[str, str]:
    chosen = [p for p in tracked() if p.endswith(".md") and (p.startswith("docs/") or "/" not in p)]
    return {path: text_of(path) for path in chosen}


def help_of(*command: str) -> str:
    done = subprocess.run(
        [*command, "--help"], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    return done.stdout


def test_ci_calls_the_readmes_test_command() -> None:
    commands = [
        line for line in text_of(".ci/run").splitlines() if line and not line.startswith(("#", "set ", "cd "))
    ]
    assert commands == ["./deploy_scalable.sh test"]
    assert f"\n{commands[0]}" in text_of("README.md")


def test_commands_of_the_script_exist() -> None:
    known = set(re.findall(r"^  ([a-z]+)", help_of(str(ROOT / "deploy_scalable.sh")), re.MULTILINE))
    for path, text in documents().items():
        assert set(re.findall(r"deploy_scalable\.sh ([a-z]+)", text)) <= known, path


def test_benchmarks_that_documents_name_exist() -> None:
    for path, text in documents().items():
        for name in re.findall(r"deploy_scalable\.sh bench ([a-z_]+)", text):
            places = (ROOT / "benchmarks" / f"{name}.py", ROOT / "benchmarks" / name / "__main__.py")
            assert any(place.is_file() for place in places), f"{path} names {name}"


def test_commands_of_lectern_exist() -> None:
    known = set(re.findall(r"^    ([a-z]+) ", parser.build().format_help(), re.MULTILINE))
    assert {"submit", "demo"} <= known
    for path, text in documents().items():
        named = set(re.findall(r"(?:^|[`$/])\s*lectern ([a-z]+)", text, re.MULTILINE))
        assert named <= known, path


def test_commands_of_the_workers_exist() -> None:
    said = python(_WORKER_HELP, DATABASE_URL="postgresql://x", REDIS_URL="redis://x", USE_CELERY="true")
    for path, text in documents().items():
        for name in re.findall(r"celery_worker\.py ([a-z]+)", text):
            assert name in said, path


def test_links_between_documents_lead_somewhere() -> None:
    for path, text in documents().items():
        folder = (ROOT / path).parent
        for target in re.findall(r"\]\((?!https?:|#|mailto:)([^)#\s]+)", text):
            assert (folder / target).exists(), f"{path} links to {target}"


def test_files_that_documents_name_exist() -> None:
    """`app/jobs/runs.py` in a text is a promise, too."""
    for path, text in documents().items():
        for name in re.findall(
            r"`((?:app|tasks|workers|migrations|deploy|tests|benchmarks|samples)/[\w./]+\w)`", text
        ):
            assert (ROOT / name).exists(), f"{path} names {name}"
