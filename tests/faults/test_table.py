"""The table of faults, each for a few seconds, on one stack; `bench faults` does the same at full size."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from benchmarks.faults.rig import Rig
from benchmarks.faults.scenarios import Scenario, Size
from benchmarks.faults.scenarios.burdens import POISON_LIMITS
from benchmarks.faults.scenarios.table import TABLE

pytestmark = pytest.mark.services
SHORT = Size("short")
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
    promises(figures)


def promises(figures: dict[str, object]) -> None:
    """What a scenario measured and must not depend on how fast the machine is."""
    for name in ("failed_requests", "missed_made_up", "neighbours_harmed"):
        assert figures.get(name, 0) == 0, figures
    assert not figures.get("not_503"), figures
    assert int(str(figures.get("attempts", 0))) <= 3
