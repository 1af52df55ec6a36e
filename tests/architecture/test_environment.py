"""Settings come from one place, and every one of them is documented."""

from __future__ import annotations

import ast
import re

import pytest
from pydantic_core import PydanticUndefined

from app.settings import Settings, load
from tests.architecture.sources import imports, production, text_of, tracked

# Files that touch the environment, and why.
READERS = {
    "app/settings.py": "the one reader of settings",
    "app/cli/config.py": "the command is a client and may run where no server setting exists",
    "app/lectures/decks/office.py": "tells LibreOffice where programs are, and nothing else",
    "workers/supervise.py": "passes a few harmless variables on to child processes",
    "workers/commands.py": "sets a variable for Flower, which has no option for it",
    "workers/local/__main__.py": "hands the environment of the shell on to what it starts",
}
_ROW = re.compile(r"^\| `([A-Z0-9_]+)` \| (?:`([^`]*)`|–) \|", re.MULTILINE)


def touches_environment(path: str) -> bool:
    """`os.environ` or `os.getenv`, whether the module or the name was imported."""
    if {"os.environ", "os.environb", "os.getenv"} & set(imports(path)):
        return True
    nodes = (n for n in ast.walk(ast.parse(text_of(path))) if isinstance(n, ast.Attribute))
    return any(ast.unparse(n) in ("os.environ", "os.environb", "os.getenv") for n in nodes)


def test_only_listed_files_touch_the_environment() -> None:
    assert {path for path in production() if touches_environment(path)} == set(READERS)


@pytest.fixture(scope="module")
def documented() -> dict[str, str]:
    """Setting → default, as the tables of docs/settings.md say."""
    rows = _ROW.findall(text_of("docs/settings.md"))
    assert len(rows) == len(dict(rows)), "a setting stands there twice"
    return dict(rows)


def test_every_setting_is_documented(documented: dict[str, str]) -> None:
    names = {name.upper() for name in Settings.model_fields} - {"DATABASE_READ_URLS"}
    assert set(documented) == names | {"DATABASE_READ_URL_1"}


@pytest.mark.parametrize("name", sorted(set(Settings.model_fields) - {"database_read_urls"}))
def test_its_default_is_the_one_documented(name: str, documented: dict[str, str]) -> None:
    default = Settings.model_fields[name].default
    said = documented[name.upper()]
    if default is PydanticUndefined or default == "":
        assert said == ""
    elif isinstance(default, bool):
        assert said == str(default).lower()
    elif isinstance(default, int | float):
        assert float(said) == default
    else:
        assert said == str(default)


def test_variables_in_documents_are_settings_or_well_known(documented: dict[str, str]) -> None:
    """`A_NAME=` is an assignment: it must mean something."""
    others = {"LECTERN_URL", "LECTERN_API_KEY", "LECTERN_BIND", "POSTGRES_PASSWORD", "REDIS_PASSWORD"}
    for path in tracked():
        if path == "README.md" or (path.startswith("docs/") and path.endswith(".md")):
            assigned = set(re.findall(r"\b([A-Z]+(?:_[A-Z0-9]+)+)=", text_of(path)))
            assert assigned <= set(documented) | others, path


def test_settings_of_the_real_system_load() -> None:
    """The defaults fit each other: only the two servers have to be named."""
    settings = load({"DATABASE_URL": "postgresql://x", "REDIS_URL": "redis://x"})
    assert settings.celery_broker_url == "redis://x"
