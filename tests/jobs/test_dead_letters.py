"""Dead letters: what is kept of a failure, whose it is, how alike failures are found and replayed."""

from __future__ import annotations

import uuid

from hypothesis import given
from hypothesis import strategies as st

from app.jobs import deadletters
from app.jobs.epitaph import digest, epitaph, public
from app.jobs.model import Failed
from app.jobs.platform import Platform
from app.jobs.runs import claim, finish
from app.jobs.submit import NewJob, submit
from app.store.dead import Sieve
from tests.kinds import ListQueue

MINE = Sieve(owner_id="local")


def dies(platform: Platform, code: str = "crashed", kind: str = "single", **said: str) -> str:
    job_id = submit(platform, NewJob("local", kind)).job_id
    assert isinstance(platform.queue, ListQueue)
    message = platform.queue.take()[0]
    held = claim(platform, job_id, message.stage_id, uuid.uuid4().hex, "w")
    assert held is not None
    assert finish(platform, held, Failed(code, "It broke.", retryable=False, **said))  # type: ignore[arg-type]
    return job_id


def test_a_dead_letter_says_reason_digest_and_last_lines(platform: Platform) -> None:
    log = "\n".join(f"line {i}" for i in range(100))
    job_id = dies(platform, traceback='File "/srv/a.py", line 3, in f\nValueError', log=log)
    (row,) = deadletters.look(platform, MINE)
    letter = deadletters.document(row)
    assert (letter["job_id"], letter["stage"], letter["reason"]) == (job_id, "only", "It broke.")
    assert letter["log"].splitlines() == [f"line {i}" for i in range(80, 100)]
    assert len(letter["digest"]) == 12
    assert "traceback" not in letter


def test_one_kind_of_failure_is_replayed_and_the_rest_stays(platform: Platform) -> None:
    first = dies(platform, traceback='File "/srv/a.py", line 3, in f\nValueError: 17')
    alike = dies(platform, traceback='File "/opt/a.py", line 4, in f\nValueError: 18')
    other = dies(platform, code="bad_media")
    rows = deadletters.look(platform, MINE)
    assert [row.job_id for row in rows] == [other, alike, first]
    mark = deadletters.document(rows[-1])["digest"]
    assert deadletters.document(rows[1])["digest"] == mark
    done = deadletters.replay(platform, Sieve("local", digest=mark))
    assert (done.jobs, done.left) == ([first, alike], 0)
    assert [row.job_id for row in deadletters.look(platform, MINE)] == [other]
    assert isinstance(platform.queue, ListQueue)
    assert {m.job_id for m in platform.queue.messages} == {first, alike}


def test_where_nothing_else_was_said_the_sentence_tells_kinds_of_failure_apart() -> None:
    cut, locked = (epitaph("bad_media", said, "one")["digest"] for said in ("Cut off at 3 s.", "Locked."))
    assert cut != locked
    assert cut == epitaph("bad_media", "Cut off at 17 s.", "one", log=" \n")["digest"]


def test_filters_and_pages(platform: Platform) -> None:
    dead = [dies(platform, code=code) for code in ("a", "b", "a", "b", "a")]
    assert [r.job_id for r in deadletters.look(platform, Sieve("local", code="a"))] == dead[::-2]
    first = deadletters.look(platform, MINE, limit=2)
    rest = deadletters.look(platform, MINE, before=(first[-1].ended_at, first[-1].id))
    assert [r.job_id for r in first + rest] == dead[::-1]
    assert [r.job_id for r in deadletters.look(platform, Sieve("local", job_id=dead[2]))] == [dead[2]]
    assert not deadletters.look(platform, Sieve("local", stage="two"))
    assert not deadletters.look(platform, Sieve("local", kind="chain"))


def test_nobody_sees_or_replays_anothers(platform: Platform) -> None:
    dies(platform)
    assert not deadletters.look(platform, Sieve("ada"))
    assert deadletters.replay(platform, Sieve("ada")).jobs == []
    assert len(deadletters.look(platform, MINE)) == 1


def test_what_the_owner_sees_of_an_error_holds_no_internals() -> None:
    error = epitaph("x", "It broke.", "one", "Traceback", "log")
    assert set(error) - set(public(error) or {}) == {"traceback", "log"}
    assert public(None) is None


@given(st.integers(), st.integers())
def test_numbers_addresses_and_folders_do_not_tell_failures_apart(a: int, b: int) -> None:
    def trace(n: int) -> str:
        return f'File "/srv/{n}/x.py", line {abs(n)}\n<object at {hex(abs(n))}>'

    assert digest("c", "s", trace(a)) == digest("c", "s", trace(b))
    assert digest("c", "s", trace(a)) != digest("c", "t", trace(a))
