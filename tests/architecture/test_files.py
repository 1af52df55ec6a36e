"""Files are short, and say nothing of the machine they were written on."""

from __future__ import annotations

import re

from tests.architecture.sources import text_of, tracked

LIMIT = 250
# A longer file, and why it may be.
LONGER: dict[str, str] = {
    "migrations/versions/0001_the_spine.py": "the whole first schema, written once",
    "app/lectures/rendering/view.py": "the study guide's view: its values, and what fills them",
    "workers/local/stack.py": "up, down and status of the local stack are one story",
    "tests/cli/contract_server.py": "one server with all that it can do wrong",
    "tests/jobs/test_runs.py": "claim, heartbeat and finish are one story",
    "tests/jobs/test_webhooks.py": "one test a promise to those who are told",
    "tests/lectures/analysis/test_notes.py": "one test a promise of the notes",
    "tests/lectures/rendering/rendering_lecture.py": "a whole lecture, spelt out",
    "tests/lectures/slides/test_slide_extraction.py": "one recording a test",
}
_CODE = (".py", ".sh", ".js", ".css", ".typ", ".j2", ".html")
_MACHINE = re.compile(r"(?<![\w.])/(?:work|home|Users|root|tmp)/[a-z]")


def code() -> list[str]:
    return [path for path in tracked() if path.endswith(_CODE)]


def test_files_fit_on_a_few_screens() -> None:
    lengths = {path: len(text_of(path).splitlines()) for path in code()}
    assert {path: length for path, length in lengths.items() if length > LIMIT and path not in LONGER} == {}
    assert set(LONGER) <= set(lengths)


def test_no_path_of_somebodys_machine() -> None:
    texts = [
        path for path in tracked() if path.endswith((*_CODE, ".md", ".toml", ".yml", ".yaml", ".txt", ".cfg"))
    ]
    held = {path: found for path in texts if (found := _MACHINE.findall(text_of(path)))}
    assert held == {}
