"""The pinned packages: exact, complete, enough for every import of ours, and without torch."""

from __future__ import annotations

import ast
import importlib.metadata
import re
import sys

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from deploy.env_example import render
from deploy.files import ROOT

OURS = {
    "app",
    "tasks",
    "workers",
    "migrations",
    "deploy",
    "benchmarks",
    "celery_worker",
    "wsgi",
    "asgi",
    "tests",
}


def pins(*names: str) -> dict[str, Requirement]:
    found = {}
    for name in names:
        for line in (ROOT / name).read_text().splitlines():
            bare = line.split(" #")[0].strip()
            if bare and not bare.startswith("#"):
                requirement = Requirement(bare)
                found[canonicalize_name(requirement.name)] = requirement
    return found


RUNTIME = pins("requirements.txt")
ALL = pins("requirements.txt", "requirements-dev.txt")


@pytest.mark.parametrize("name", ["requirements.txt", "requirements-dev.txt"])
def test_every_version_is_exact(name: str) -> None:
    for requirement in pins(name).values():
        assert re.fullmatch(r"==[0-9][^*,]*", str(requirement.specifier)), str(requirement)


def test_no_package_is_pinned_twice() -> None:
    assert not set(RUNTIME) & set(pins("requirements-dev.txt"))


@pytest.mark.parametrize("files", [("requirements.txt",), ("requirements.txt", "requirements-dev.txt")])
def test_what_the_packages_need_is_pinned_as_well(files: tuple[str, ...]) -> None:
    pinned = pins(*files)
    missing = {}
    for name, requirement in pinned.items():
        if requirement.marker and not requirement.marker.evaluate():
            continue
        for text in importlib.metadata.requires(name) or []:
            need = Requirement(text)
            wanted = need.marker is None or need.marker.evaluate({"extra": ""})
            if wanted and canonicalize_name(need.name) not in pinned:
                missing[need.name] = name
    assert missing == {}


def test_torch_comes_in_by_no_door() -> None:
    heavy = {"torch", "triton", "tensorflow", "transformers", "sentence-transformers"}
    assert not heavy & set(ALL)


@pytest.mark.parametrize(
    ("folders", "pinned"),
    [(("app", "tasks", "workers", "migrations"), RUNTIME), (("tests", "deploy", "benchmarks"), ALL)],
    ids=["runtime", "development"],
)
def test_every_import_of_ours_is_pinned(folders: tuple[str, ...], pinned: dict[str, Requirement]) -> None:
    provided = importlib.metadata.packages_distributions()
    unpinned = {}
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for module in imported(ast.parse(path.read_text())) - OURS - set(sys.stdlib_module_names):
                names = {canonicalize_name(name) for name in provided.get(module, [])}
                if names and not names & set(pinned):
                    unpinned[module] = str(path.relative_to(ROOT))
    assert unpinned == {}


def imported(tree: ast.AST) -> set[str]:
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            names.add(node.module.split(".")[0])
    return names


def test_the_example_of_settings_is_up_to_date() -> None:
    assert (ROOT / ".env.example").read_text() == render(), "run: python -m deploy.env_example"
