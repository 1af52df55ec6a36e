"""`settle` on every shape of job: pure, so thoroughly."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.jobs.lifecycle import StageView, restart, settle
from app.jobs.model import ENDED_STAGE, Edge, JobStatus, StageState

S = StageState


def views(*stages: tuple[str, S] | tuple[str, S, tuple[Edge, ...]]) -> list[StageView]:
    return [StageView(i, s[0], s[1], s[2] if len(s) == 3 else ()) for i, s in enumerate(stages)]


def states(status: JobStatus, stages: list[StageView]) -> tuple[list[S], JobStatus | None]:
    settled = settle(status, stages)
    return [settled.stages.get(v.id, (v.state, 0))[0] for v in stages], settled.status


def test_a_stage_without_parents_is_ready_at_once() -> None:
    assert states(JobStatus.QUEUED, views(("a", S.WAITING))) == ([S.READY], None)


def test_a_stage_waits_for_all_its_parents_and_counts_them() -> None:
    stages = views(("a", S.SUCCEEDED), ("b", S.RUNNING), ("c", S.WAITING, (Edge("a"), Edge("b"))))
    settled = settle(JobStatus.RUNNING, stages)
    assert settled.stages == {2: (S.WAITING, 1)}


def test_a_dead_required_parent_skips_all_that_hang_on_it() -> None:
    stages = views(("a", S.FAILED), ("b", S.WAITING, (Edge("a"),)), ("c", S.WAITING, (Edge("b"),)))
    assert states(JobStatus.RUNNING, stages) == ([S.FAILED, S.SKIPPED, S.SKIPPED], JobStatus.FAILED)


def test_a_dead_optional_parent_does_not_stop_its_dependants() -> None:
    optional = (Edge("a", required=False),)
    stages = views(("a", S.FAILED), ("b", S.WAITING, optional))
    assert states(JobStatus.RUNNING, stages) == ([S.FAILED, S.READY], None)
    done = views(("a", S.FAILED), ("b", S.SUCCEEDED, optional))
    assert states(JobStatus.RUNNING, done)[1] is JobStatus.SUCCEEDED


def test_a_fan_in_waits_for_every_chunk_of_its_parent() -> None:
    gather = (Edge("split"), Edge("piece"))
    stages = views(
        ("split", S.SUCCEEDED), ("piece", S.SUCCEEDED), ("piece", S.RUNNING), ("gather", S.WAITING, gather)
    )
    assert states(JobStatus.RUNNING, stages)[0][3] is S.WAITING
    no_pieces = views(("split", S.SUCCEEDED), ("gather", S.WAITING, gather))
    assert states(JobStatus.RUNNING, no_pieces)[0][1] is S.READY


def test_cancel_ends_what_does_not_run_and_waits_for_what_does() -> None:
    stages = views(("a", S.RUNNING), ("b", S.PUBLISHED), ("c", S.READY), ("d", S.WAITING, (Edge("a"),)))
    ended = [S.RUNNING, S.CANCELLED, S.CANCELLED, S.CANCELLED]
    assert states(JobStatus.CANCELLING, stages) == (ended, None)
    stages[0] = StageView(0, "a", S.SUCCEEDED, ())
    assert states(JobStatus.CANCELLING, stages)[1] is JobStatus.CANCELLED


def test_restart_keeps_what_succeeded() -> None:
    stages = views(("a", S.SUCCEEDED), ("b", S.FAILED), ("c", S.SKIPPED), ("d", S.CANCELLED))
    assert restart(stages) == {1: S.WAITING, 2: S.WAITING, 3: S.WAITING}


@st.composite
def graphs(draw: st.DrawFn) -> list[StageView]:
    """Acyclic jobs of up to eight stages in any mixture of states."""
    count = draw(st.integers(1, 8))
    made = []
    for i in range(count):
        parents = draw(st.sets(st.integers(0, i - 1), max_size=3)) if i else set()
        after = tuple(Edge(f"s{p}", draw(st.booleans())) for p in sorted(parents))
        made.append(StageView(i, f"s{i}", draw(st.sampled_from(list(S))), after))
    return made


@given(graphs(), st.sampled_from([JobStatus.RUNNING, JobStatus.CANCELLING]), st.randoms())
def test_settling_is_final_and_does_not_depend_on_order(
    stages: list[StageView], status: JobStatus, random: object
) -> None:
    settled = settle(status, stages)
    after = [StageView(v.id, v.name, *(settled.stages.get(v.id, (v.state, 0))[:1]), v.after) for v in stages]
    again = settle(settled.status or status, after)
    assert all(state is after[i].state for i, (state, _) in again.stages.items())
    shuffled = list(stages)
    random.shuffle(shuffled)  # type: ignore[attr-defined]
    assert dict(settle(status, shuffled).stages) == dict(settled.stages)


@given(graphs())
def test_nothing_ever_waits_for_what_has_ended(stages: list[StageView]) -> None:
    settled = settle(JobStatus.RUNNING, stages)
    state = {v.id: settled.stages.get(v.id, (v.state, 0))[0] for v in stages}
    by_name = {v.name: v.id for v in stages}
    for v in stages:
        if state[v.id] is S.WAITING:
            assert any(state[by_name[e.parent]] not in ENDED_STAGE for e in v.after)
