"""How a job document is put into words and bars."""

from __future__ import annotations

import io

import pytest
from contract_server import document, good_run, stage
from rich.console import Console

from app.cli.progress import plain, seconds_between, stage_lines
from app.cli.view import JobView, describe, describe_job, duration

FAULT = {"code": "stage_failed", "message": "The disk is full."}


def line(*stages):
    [found] = stage_lines(document("j", "running", 1, list(stages)))
    return found


def test_chunks_of_a_stage_are_one_line():
    found = line(stage(1, "t", "succeeded"), stage(2, "t", "running", 0.5), stage(3, "t", "ready"))
    assert (found.state, found.done, found.chunks, found.progress) == ("running", 1, 3, 0.5)
    assert found.seconds is None  # not over yet


@pytest.mark.parametrize(
    ("states", "whole"),
    [
        (["waiting"], "waiting"),
        (["ready"], "queued"),
        (["published"], "queued"),
        (["succeeded", "waiting"], "running"),
        (["succeeded", "succeeded"], "succeeded"),
        (["succeeded", "failed"], "failed"),
        (["skipped"], "skipped"),
        (["cancelled", "succeeded"], "cancelled"),
    ],
)
def test_the_state_of_a_split_stage_follows_from_its_chunks(states, whole):
    assert line(*(stage(i, "t", s) for i, s in enumerate(states))).state == whole


def test_a_stage_that_will_be_tried_again_says_so():
    again = line(stage(1, "read_slides", "ready", failures=1, error=FAULT))
    assert describe(again) == "read slides: queued (The disk is full. (will be tried again))"
    over = line(stage(1, "read_slides", "failed", failures=3, error=FAULT))
    assert describe(over) == "read slides: failed (The disk is full.)"


def test_a_terminal_gets_bars_and_no_escape_code_of_the_server():
    screen = Console(file=io.StringIO(), force_terminal=True, width=100, legacy_windows=False)
    with JobView(screen, quiet=False) as view:
        assert view.live
        for shown in good_run("j")[:2]:
            view(shown)
        view(document("j", "running", 3, [stage(1, "evil", "running", 0.5, note="\x1b]0;owned\x07[red]")]))
    text = screen.file.getvalue()
    assert "▶" in text
    assert "reading frames" in text
    assert "\x1b]0;" not in text
    assert "[red]" in text  # shown as it is, not taken for a colour


def test_only_what_goes_on_or_went_well_has_a_percentage():
    stages = [stage(1, "a", "succeeded"), stage(2, "b", "skipped"), stage(3, "c", "cancelled")]
    over = document("j", "cancelled", 3, stages)
    text = describe_job(over)
    assert [row.split()[2:3] for row in text.splitlines() if row.split()[1] in "abc"] == [
        ["100%"],
        ["skipped"],
        ["cancelled"],
    ]
    assert text.count("%") == 1
    screen = Console(file=io.StringIO(), force_terminal=True, width=100, legacy_windows=False)
    with JobView(screen, quiet=False) as view:
        view(over)
    shown = screen.file.getvalue().rpartition("whole job")[2]
    assert "skipped" in shown
    assert shown.count("%") == 1


def test_words_for_times():
    assert seconds_between("2026-11-01T10:00:00.000Z", "2026-11-01T10:01:00.500Z") == 60.5
    assert [duration(s) for s in (4.21, 61, 3_720)] == ["4.2 s", "1 min 01 s", "1 h 02 min"]
    assert plain("a\nb\x1b[0m") == "a b [0m"
    assert plain(None) == ""
