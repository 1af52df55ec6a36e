"""How several processes share the tests: what leans on one costly fixture stays together, the long go first.

`./deploy_scalable.sh test` starts several; each has servers of its own.
"""

from __future__ import annotations

import pytest

# Rooms that keep a process busy longest, the longest first: begun last, one of them would be waited for.
_LONG = ("faults", "e2e", "deploy", "workers", "lectures", "http", "cli", "benchmarks")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if not hasattr(config, "workerinput"):
        return
    for item in items:
        if item.get_closest_marker("xdist_group") is None:
            item.add_marker(pytest.mark.xdist_group(_together_with(item)))
    items.sort(key=_turn)


def _together_with(item: pytest.Item) -> str:
    """A name that all tests have in common which one process is to run."""
    path = item.nodeid.partition("::")[0]
    stack = getattr(item, "callspec", None) and item.callspec.params.get("stack")  # type: ignore[attr-defined]
    if stack:  # the end-to-end stacks serve several files
        return f"{path.rpartition('/')[0]}-{stack}"
    alone = item.get_closest_marker("services") is not None and not _shares_a_fixture(item)
    return item.nodeid if alone else path


def _shares_a_fixture(item: pytest.Item) -> bool:
    known = item._fixtureinfo.name2fixturedefs  # type: ignore[attr-defined]
    return any(made[-1].scope in ("module", "package", "class") for made in known.values())


def _turn(item: pytest.Item) -> int:
    room = item.nodeid.split("/")[1] if "/" in item.nodeid else ""
    return _LONG.index(room) if room in _LONG else len(_LONG)
