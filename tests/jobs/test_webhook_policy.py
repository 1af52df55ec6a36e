"""Signing and patience, as Standard Webhooks says. Pure."""

from __future__ import annotations

import time
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks import Webhook

from app.jobs.webhooks import policy
from app.jobs.webhooks.policy import Verdict
from app.settings import load

DEFAULT = load({"USE_CELERY": "false"}).webhook_pauses_s
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=40)
@given(st.dictionaries(st.text().filter(lambda k: k != "links"), values, max_size=4))
def test_every_message_passes_the_judge(data: dict[str, Any]) -> None:
    secrets = [policy.new_secret(), policy.new_secret()]
    content = policy.body("job.failed", "2026-11-26T09:30:00Z", data, "")
    sent = policy.headers("msg_1", int(time.time()), content, secrets)
    for secret in secrets:
        told = Webhook(secret).verify(content, sent)
        assert told == {"type": "job.failed", "timestamp": "2026-11-26T09:30:00Z", "data": data}


def test_secrets_are_as_long_as_the_standard_wants() -> None:
    assert len({policy.new_secret() for _ in range(100)}) == 100
    assert all(24 <= len(Webhook(policy.new_secret())._whsecret) <= 64 for _ in range(10))


@given(st.integers(100, 599))
def test_only_2xx_is_delivered_and_only_410_ends_it(status: int) -> None:
    said = policy.verdict(status)
    assert (said is Verdict.DELIVERED) == (200 <= status < 300)
    assert (said is Verdict.GONE) == (status == 410)


@given(st.integers(1, 30), st.floats(0, 1, exclude_max=True))
def test_pauses_are_those_of_the_schedule_and_end_with_it(tries: int, jitter: float) -> None:
    pause_s = policy.pause_s(tries, DEFAULT, jitter)
    if tries > len(DEFAULT):
        assert pause_s is None
    else:
        assert pause_s is not None
        assert DEFAULT[tries - 1] <= pause_s <= DEFAULT[tries - 1] * 1.2


def test_the_default_schedule_spans_days() -> None:
    assert tuple(sorted(DEFAULT)) == DEFAULT
    assert sum(DEFAULT) > 3 * 24 * 3600


@given(st.integers(1, 10_000), st.floats(0.1, 10))
def test_a_failing_webhook_is_left_alone_longer_but_never_for_long(failures: int, first_s: float) -> None:
    rest_s = policy.rest_s(failures, first_s)
    assert policy.rest_s(failures + 1, first_s) >= rest_s
    assert 0 < rest_s <= 300


@given(st.none() | st.text() | st.integers(0, 10**30).map(str))
def test_no_wish_of_a_receiver_is_beyond_a_day(wish: str | None) -> None:
    assert 0 <= policy.wished_s(wish) <= 24 * 3600


def test_settings_take_a_schedule() -> None:
    told = load({"USE_CELERY": "false", "WEBHOOK_RETRIES_S": "0.5,1"})
    assert told.webhook_pauses_s == (0.5, 1.0)
