"""Webhooks from the outside, on both stacks: a receiver that fails, a sender that is killed, a replay."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.receiver import Received, Receiver, receiving
from tests.stack import Stack, wait_for

pytestmark = pytest.mark.services
_SHORT = {"ALLOW_PRIVATE_URLS": "true", "WEBHOOK_RETRIES_S": "0.5,0.5,0.5", "WEBHOOK_TIMEOUT_S": "5"}


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with receiving() as made:
        yield made


@pytest.fixture(params=["embedded", "full"])
def stack(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Stack]:
    if request.param == "full":
        urls = {name: request.getfixturevalue(name.lower()) for name in ("POSTGRES_URL", "REDIS_URL")}
        servers = {"DATABASE_URL": urls["POSTGRES_URL"], "REDIS_URL": urls["REDIS_URL"]}
    else:
        servers = {"USE_CELERY": "false"}
    made = Stack(tmp_path, {**servers, **_SHORT})
    try:
        made.start_api()
        yield made
    finally:
        made.stop()


def start_worker(stack: Stack, name: str) -> None:
    """Whoever sends: embedded it is the API itself."""
    if "REDIS_URL" in stack.environ:
        stack.start_worker(name, "general", "--concurrency", "1")


def kill_sender(stack: Stack, name: str) -> None:
    if "REDIS_URL" in stack.environ:
        stack.kill(name)
        stack.start_worker(f"{name}-again", "general", "--concurrency", "1")
    else:
        stack.kill("api")
        stack.start_api()


def post(stack: Stack, path: str, **body: Any) -> dict[str, Any]:
    answer = stack.http.post(stack.url + path, json=body, timeout=30)
    assert answer.ok, answer.text
    document: dict[str, Any] = answer.json()
    return document


def deliveries(stack: Stack, webhook_id: str) -> list[dict[str, Any]]:
    answer = stack.http.get(f"{stack.url}/api/webhooks/{webhook_id}/deliveries", timeout=30)
    found: list[dict[str, Any]] = answer.json()["deliveries"]
    return found


def broken_job(stack: Stack) -> str:
    """A recording that is none: the first stage says so, and the job has failed."""
    path = stack.folder / "no.mp4"
    path.write_bytes(b"no film at all" * 100)
    return stack.submit(path, title="no film")


def test_told_after_failures_after_a_kill_and_once_more_on_request(stack: Stack, receiver: Receiver) -> None:
    hook = post(stack, "/api/webhooks", url=receiver.url, events=["job.failed"])
    path = f"/api/webhooks/{hook['id']}"
    start_worker(stack, "first")
    receiver.answers(500, 500, 200)
    job_id = broken_job(stack)
    wait_for(lambda: [d for d in deliveries(stack, hook["id"]) if d["state"] == "delivered"], 60, "delivered")
    assert [m.verified(hook["secret"])["data"]["id"] for m in receiver.messages] == [job_id] * 3
    (told,) = deliveries(stack, hook["id"])
    assert {m.headers["webhook-id"] for m in receiver.messages} == {told["message_id"]}
    assert [a["status"] for a in told["attempts"]] == [500, 500, 200]
    message = receiver.messages[-1].verified(hook["secret"])
    assert (message["type"], message["data"]["title"]) == ("job.failed", "no film")
    assert message["data"]["links"]["self"] == f"{stack.url}/api/jobs/{job_id}"

    # the sender dies while the receiver thinks about it
    arrived, go_on = threading.Event(), threading.Event()

    def think(_: Received) -> tuple[int, dict[str, str]]:
        if not arrived.is_set():
            arrived.set()
            go_on.wait(60)
        return 200, {}

    receiver.answer = think
    tested = post(stack, f"{path}/test")
    assert arrived.wait(30)
    kill_sender(stack, "first")
    go_on.set()

    def sent_again() -> bool:
        found = [d for d in deliveries(stack, hook["id"]) if d["id"] == tested["id"]]
        return bool(found[0]["state"] == "delivered")

    wait_for(sent_again, 90, "sent again after the kill")
    ids = [m.headers["webhook-id"] for m in receiver.messages]
    assert ids.count(tested["message_id"]) >= 2
    before = len(ids)

    # and once more, because somebody asks for it
    post(stack, f"{path}/deliveries/{told['id']}/replay")
    wait_for(lambda: len(receiver.messages) > before, 60, "replayed")
    assert receiver.messages[-1].headers["webhook-id"] == told["message_id"]
