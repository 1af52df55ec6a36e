"""The table of faults, each for a few seconds, on one stack; `bench faults` does the same at full size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.faults.__main__ import missed
from benchmarks.faults.rig import Rig
from benchmarks.faults.scenarios import Scenario, Size
from benchmarks.faults.scenarios.burdens import POISON_LIMITS
from benchmarks.faults.scenarios.table import RECOVERY, TABLE

pytestmark = pytest.mark.services
SHORT = Size("short")
ON_THE_CLOCK = {"grew"}  # depends on how fast the machine is
# Two processes that share the tests take half of the table each, on a stack of their own.
HALVES = [
    pytest.param(scenario, id=scenario.name, marks=pytest.mark.xdist_group(f"table-{number % 2}"))
    for number, scenario in enumerate(TABLE)
]


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    folder = tmp_path_factory.mktemp("rig")
    with Rig(folder, {**POISON_LIMITS, "BEAT_TICK_S": "1"}, workers=2) as made:
        yield made


@pytest.mark.parametrize("scenario", HALVES)
def test_nothing_is_lost_doubled_or_left_half(rig: Rig, scenario: Scenario) -> None:
    rig.clear()
    figures = scenario.run(rig, SHORT)
    verdict = rig.check()
    counted = ("lost", "live", "doubled", "half", "corrupt")
    assert {what: verdict[what] for what in counted} == {what: [] for what in counted}
    assert verdict["failed"] == 0
    assert missed(scenario, {k: v for k, v in figures.items() if k not in ON_THE_CLOCK}) == []


def test_goals_in_figures_are_judged() -> None:
    kills, flood = (next(one for one in TABLE if one.name == name) for name in ("kills", "flood"))
    assert missed(kills, {RECOVERY: 30.1}) == [RECOVERY]
    assert missed(kills, {RECOVERY: 30.0}) == missed(flood, {"grew": 2.0}) == []
    assert missed(flood, {"grew": 2.1}) == ["grew"]
