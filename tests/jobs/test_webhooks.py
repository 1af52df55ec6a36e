"""What ends is told: once written with the end itself, then sent until the receiver has it."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import insert
from standardwebhooks import WebhookVerificationError

from app.errors import Conflict, NotFound
from app.jobs import control, runs
from app.jobs.model import Done, Failed, Outcome
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit
from app.jobs.webhooks import endpoints
from app.jobs.webhooks.policy import EVENTS
from app.jobs.webhooks.sender import Sender
from app.store import deliveries, webhooks
from app.store.database import SECOND, AnyRow
from app.store.models import Owner
from tests.kinds import queue_of, start
from tests.receiver import Receiver, eventually, receiving


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture
def telling(platform: Platform) -> Platform:
    return with_settings(platform, allow_private_urls=True, webhook_retries_s="0.2,0.2", webhook_timeout_s=20)


def with_settings(platform: Platform, **values: Any) -> Platform:
    return replace(platform, settings=platform.settings.model_copy(update=values))


@pytest.fixture
def sender(telling: Platform) -> Iterator[Sender]:
    """Running, beside whatever a test does."""
    yield from running(telling)


def running(platform: Platform) -> Iterator[Sender]:
    made, stop = Sender(platform), threading.Event()
    thread = threading.Thread(target=made.run, args=(stop,))
    thread.start()
    yield made
    stop.set()
    thread.join(10)
    eventually(lambda: not made._busy.total())


def hook(platform: Platform, url: str, owner: str = "local", *events: str) -> endpoints.Added:
    return endpoints.add(platform.db, owner, url=url, events=events or EVENTS, label="")


def end(
    platform: Platform, outcome: Outcome | None = None, title: str = "", webhook_url: str | None = None
) -> str:
    """A job of one stage, from its submission to its end; returns its id."""
    job_id = submit(platform, NewJob("local", "single", title=title, webhook_url=webhook_url)).job_id
    (message,) = [m for m in queue_of(platform).take() if m.job_id == job_id]
    claim = runs.claim(platform, job_id, message.stage_id, job_id.removeprefix("job_"), "w")
    assert claim is not None
    assert runs.finish(platform, claim, outcome or Done({}))
    return job_id


def outbox(platform: Platform, webhook_id: str) -> list[AnyRow]:
    with platform.db.read() as conn:
        return list(deliveries.page(conn, webhook_id, None, None, 100))


def state(platform: Platform, webhook_id: str) -> str:
    (row,) = outbox(platform, webhook_id)
    return str(row.state)


def webhook(platform: Platform, webhook_id: str) -> AnyRow:
    with platform.db.read() as conn:
        return endpoints.owned(conn, "local", webhook_id)


def test_the_end_of_a_job_is_told_with_a_good_signature(
    telling: Platform, sender: Sender, receiver: Receiver
) -> None:
    added = hook(telling, receiver.url)
    job_id = end(telling, title="Übung “1”")
    eventually(lambda: state(telling, added.webhook.id) == "delivered")
    (message,) = receiver.messages
    told = message.verified(added.secret)
    assert told["type"] == "job.succeeded"
    assert told["timestamp"].endswith("Z")
    links = told["data"].pop("links")
    assert told["data"] == {"id": job_id, "kind": "single", "status": "succeeded", "title": "Übung “1”"}
    assert links["self"] == f"/api/jobs/{job_id}"
    (row,) = outbox(telling, added.webhook.id)
    assert message.headers["webhook-id"] == row.message_id
    assert (row.tries, [a["status"] for a in row.attempts]) == (1, [204])
    with pytest.raises(WebhookVerificationError):
        message.verified(endpoints.policy.new_secret())


def test_links_are_absolute_where_the_server_knows_its_address(telling: Platform, receiver: Receiver) -> None:
    public = with_settings(telling, public_url="https://lectern.example/")
    added = hook(public, receiver.url)
    job_id = end(public)
    Sender(public).round()
    message = eventually(lambda: receiver.messages)[0].verified(added.secret)
    assert message["data"]["links"]["self"] == f"https://lectern.example/api/jobs/{job_id}"


def test_who_asked_for_what_is_told_that(telling: Platform) -> None:
    with telling.db.write() as conn:
        conn.execute(insert(Owner).values(id="ada", name="Ada", tier="unlimited", created_at=0))
    every, failures, other, off = (
        hook(telling, "http://127.0.0.1:9/", owner, *events).webhook.id
        for owner, events in (("local", ()), ("local", ("job.failed",)), ("ada", ()), ("local", ()))
    )
    endpoints.change(telling.db, "local", off, {"enabled": False})
    end(telling)
    end(telling, Failed("bad_media", "No.", retryable=False))
    control.cancel(telling, "local", start(telling, "single"))
    told = [row.type for row in outbox(telling, every)]
    assert sorted(told) == ["job.cancelled", "job.failed", "job.succeeded"]
    assert [row.type for row in outbox(telling, failures)] == ["job.failed"]
    assert outbox(telling, other) == outbox(telling, off) == []


def test_a_job_may_name_who_is_told_of_it(telling: Platform, sender: Sender, receiver: Receiver) -> None:
    url = f"{receiver.url}/of-a-job"
    other = hook(telling, receiver.url, "local", "job.failed").webhook
    end(telling)
    named = end(telling, title="named", webhook_url=url)
    torn = end(telling, Failed("bad_media", "It is torn.", retryable=False), webhook_url=url)
    with telling.db.read() as conn:
        found = webhooks.at(conn, "local", url)
    assert found is not None
    assert {row.data["id"] for row in outbox(telling, found.id)} == {named, torn}
    assert [row.data["id"] for row in outbox(telling, other.id)] == [torn]
    eventually(lambda: len(receiver.messages) == 3)
    secret = endpoints.rotate(telling.db, "local", found.id, 0.0).secret
    (message,) = [row for row in outbox(telling, found.id) if row.data["id"] == named]
    endpoints.replay(telling.db, "local", found.id, message.id)
    eventually(lambda: len(receiver.messages) == 4)
    assert receiver.messages[3].verified(secret)["data"]["id"] == named


def test_jobs_that_name_one_address_at_once_make_one_webhook(full_platform: Platform) -> None:
    def hand_in(number: int) -> str:
        command = NewJob("local", "single", title=str(number), webhook_url="https://example.org/hook")
        return submit(full_platform, command).job_id

    with ThreadPoolExecutor(8) as pool:
        assert len(set(pool.map(hand_in, range(24)))) == 24
    with full_platform.db.read() as conn:
        assert webhooks.count(conn, "local") == 1


def test_one_event_has_one_id_and_a_second_end_another(telling: Platform) -> None:
    first, second = (hook(telling, "http://127.0.0.1:9/").webhook.id for _ in range(2))
    job_id = start(telling, "single")
    control.cancel(telling, "local", job_id)
    control.retry(telling, "local", job_id)
    control.cancel(telling, "local", job_id)
    ids = [row.message_id for row in outbox(telling, first)]
    assert len(set(ids)) == 2
    assert set(ids) == {row.message_id for row in outbox(telling, second)}


def test_what_was_refused_is_not_told(telling: Platform) -> None:
    """The message belongs to the transaction: a finish that comes too late writes none."""
    added = hook(telling, "http://127.0.0.1:9/")
    job_id = start(telling, "single")
    (message,) = queue_of(telling).take()
    claim = runs.claim(telling, job_id, message.stage_id, "mine", "w")
    assert claim is not None
    assert not runs.finish(telling, replace(claim, lease_id="another"), Done({}))
    assert outbox(telling, added.webhook.id) == []


def test_a_receiver_that_fails_is_asked_again_under_the_same_id(
    telling: Platform, sender: Sender, receiver: Receiver
) -> None:
    added = hook(telling, receiver.url)
    receiver.answers(500, 302, 200)
    end(telling)
    eventually(lambda: state(telling, added.webhook.id) == "delivered")
    assert len({m.headers["webhook-id"] for m in receiver.messages}) == 1
    assert len({m.body for m in receiver.messages}) == 1
    assert all(m.verified(added.secret) for m in receiver.messages)
    (row,) = outbox(telling, added.webhook.id)
    assert [a["status"] for a in row.attempts] == [500, 302, 200]
    assert "answered 500" in row.attempts[0]["error"]
    assert webhook(telling, added.webhook.id).failures == 0


def test_it_is_given_up_in_the_end_and_may_be_replayed(
    telling: Platform, sender: Sender, receiver: Receiver
) -> None:
    added = hook(telling, receiver.url)
    receiver.answers(500)
    end(telling)
    eventually(lambda: state(telling, added.webhook.id) == "failed")
    assert len(receiver.messages) == 3
    assert webhook(telling, added.webhook.id).failures == 3
    assert webhook(telling, added.webhook.id).enabled
    receiver.answers(200)
    (row,) = outbox(telling, added.webhook.id)
    assert endpoints.replay_failed(telling.db, "local", added.webhook.id, row.created_at + 1) == 0
    assert endpoints.replay_failed(telling.db, "local", added.webhook.id, row.created_at) == 1
    eventually(lambda: state(telling, added.webhook.id) == "delivered")
    assert receiver.messages[-1].headers["webhook-id"] == row.message_id
    endpoints.replay(telling.db, "local", added.webhook.id, row.id)  # also one that was delivered
    eventually(lambda: len(receiver.messages) == 5)
    with pytest.raises(NotFound):
        endpoints.replay(telling.db, "ada", added.webhook.id, row.id)


def test_gone_disables(telling: Platform, sender: Sender, receiver: Receiver) -> None:
    added = hook(telling, receiver.url)
    receiver.answers(410)
    end(telling)
    eventually(lambda: state(telling, added.webhook.id) == "failed")
    assert not webhook(telling, added.webhook.id).enabled
    with pytest.raises(Conflict):
        endpoints.test(telling.db, "local", added.webhook.id)
    end(telling)
    assert len(outbox(telling, added.webhook.id)) == 1
    receiver.answers(200)
    endpoints.change(telling.db, "local", added.webhook.id, {"enabled": True})
    endpoints.test(telling.db, "local", added.webhook.id)
    eventually(lambda: receiver.messages[-1].verified(added.secret)["type"] == "webhook.test")


def test_retry_after_is_heeded(telling: Platform, receiver: Receiver) -> None:
    added = hook(telling, receiver.url)
    receiver.answer = lambda _: (429, {"Retry-After": "600"})
    end(telling)
    Sender(telling).round()
    (row,) = eventually(lambda: [r for r in outbox(telling, added.webhook.id) if r.attempts])
    with telling.db.read() as conn:
        waits_s = (row.next_at - endpoints.webhooks.clock(conn)) / SECOND
    assert 550 < waits_s <= 600
    end(telling)  # and others do not go there meanwhile
    assert Sender(telling).round() == 0


def test_private_addresses_are_never_spoken_to(platform: Platform, receiver: Receiver) -> None:
    """Also when the address turned private after the webhook was made."""
    strict = with_settings(platform, webhook_retries_s="60")
    added = hook(strict, receiver.url)
    end(strict)
    Sender(strict).round()
    (row,) = eventually(lambda: [r for r in outbox(strict, added.webhook.id) if r.attempts])
    assert "not public" in row.attempts[0]["error"]
    assert receiver.messages == []


def test_while_a_secret_changes_both_sign(telling: Platform, sender: Sender, receiver: Receiver) -> None:
    added = hook(telling, receiver.url)
    new = endpoints.rotate(telling.db, "local", added.webhook.id, grace_s=60).secret
    end(telling)
    message = eventually(lambda: receiver.messages)[0]
    assert message.verified(added.secret) == message.verified(new)
    newest = endpoints.rotate(telling.db, "local", added.webhook.id, grace_s=0).secret
    end(telling)
    later = eventually(lambda: receiver.messages[1:])[0]
    assert later.verified(newest)
    with pytest.raises(WebhookVerificationError):
        later.verified(new)


def test_a_slow_receiver_holds_up_nobody_else(telling: Platform, receiver: Receiver) -> None:
    """Two senders; the slow webhook gets a bounded number of connections, the other its message at once."""
    go_on = threading.Event()
    slow = hook(telling, receiver.url)
    receiver.answer = lambda _: (200 if go_on.wait(100) else 500, {})
    with receiving() as other:
        for _ in range(20):
            end(telling)
        with telling.db.write() as conn:
            conn.execute(insert(Owner).values(id="ada", name="Ada", tier="unlimited", created_at=0))
        hook(telling, other.url, "ada")
        patient = with_settings(telling, webhook_timeout_s=100)
        first, second = running(patient), running(patient)
        next(first), next(second)
        eventually(lambda: receiver.at_once == 4)
        control.cancel(telling, "ada", submit(telling, NewJob("ada", "single")).job_id)
        began = time.monotonic()
        eventually(lambda: other.messages)
        assert time.monotonic() - began < 50
        assert receiver.at_once == 4
        go_on.set()
        eventually(lambda: all(row.state == "delivered" for row in outbox(telling, slow.webhook.id)))
        for sender in (first, second):
            next(sender, None)
    assert receiver.most_at_once == 4
    assert len(receiver.messages) == 20, "each was sent once"


def test_what_a_dead_sender_held_is_sent_by_another(telling: Platform, receiver: Receiver) -> None:
    added = hook(telling, receiver.url)
    end(telling)
    with telling.db.write() as conn:
        (taken,) = deliveries.take(conn, lease_us=2 * SECOND, each=4, limit=4)
    assert Sender(telling).round() == 0, "it is held"
    sender = eventually(lambda: (made := Sender(telling)).round() and made)
    eventually(lambda: state(telling, added.webhook.id) == "delivered")
    (row,) = outbox(telling, added.webhook.id)
    sender._conclude(taken, sender._try(taken))  # the first one wakes up
    assert outbox(telling, added.webhook.id) == [row]
    assert row.tries == 2


def test_nobody_has_more_webhooks_than_are_good(telling: Platform) -> None:
    for _ in range(endpoints.MOST):
        hook(telling, "http://127.0.0.1:9/")
    with pytest.raises(Conflict):
        hook(telling, "http://127.0.0.1:9/")


def test_what_nobody_took_for_days_is_given_up_and_old_ones_are_forgotten(telling: Platform) -> None:
    added = hook(telling, "http://127.0.0.1:9/")
    end(telling)
    with telling.db.write() as conn:
        assert deliveries.expire(conn, pending_us=SECOND * 60, ended_us=SECOND * 60) == (0, 0)
        assert deliveries.expire(conn, pending_us=-1, ended_us=SECOND * 60) == (1, 0)
    assert state(telling, added.webhook.id) == "failed"
    with telling.db.write() as conn:
        assert deliveries.expire(conn, pending_us=-1, ended_us=-1) == (0, 1)
    assert outbox(telling, added.webhook.id) == []
