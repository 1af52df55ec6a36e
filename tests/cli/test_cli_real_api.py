"""The command against the real Flask app on a real socket, with SQLite; hands of the test move the stages."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from contract_server import PNG, RESULTS
from werkzeug.serving import make_server

from app import create_app
from app.jobs import deadletters
from app.jobs.model import Failed
from app.jobs.places import write as write_places
from app.jobs.platform import Platform
from app.jobs.submit import NewJob, submit
from app.store import files
from workers.presence import Presence

sys.path.append(str(Path(__file__).parents[1] / "http"))  # its helpers build a platform for tests
from helpers_http import add_artifact, fail_next, make_platform, run_all, run_next

pytestmark = pytest.mark.timeout(60)  # a worker's thread that died would be waited for


@pytest.fixture
def heard() -> list[tuple[str, int]]:
    """(path, bytes of its body) of each POST."""
    return []


@pytest.fixture
def platform(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, heard: list[tuple[str, int]]
) -> Iterator[Platform]:
    (tmp_path / "server").mkdir()
    made = make_platform(tmp_path / "server", max_upload_bytes=2_000_000)
    app = create_app(made)

    def listening(environ, start_response):
        if environ["REQUEST_METHOD"] == "POST":
            heard.append((environ["PATH_INFO"], int(environ.get("CONTENT_LENGTH") or 0)))
        return app(environ, start_response)

    server = make_server("127.0.0.1", 0, listening, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    monkeypatch.setenv("LECTERN_URL", f"http://127.0.0.1:{server.server_port}")
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
    made.db.close()


def add_slide(platform: Platform, job_id: str, name: str, content: bytes) -> None:
    with platform.storage.receive() as incoming:
        incoming.write(content)
    row = {
        "number": 1, "owner_id": "local", "intervals": [[0.0, 60.0]], "start_s": 0.0, "end_s": 60.0,
        "text": "", "digest": incoming.digest, "width": 4, "height": 3, "image_name": name,
    }  # fmt: skip
    with platform.db.write() as conn:
        files.touch(conn, incoming.digest, len(content))
        files.replace_slides(conn, job_id, [row])


@pytest.fixture
def worker(lectern, platform: Platform) -> Iterator[None]:
    """Works on whatever is submitted: each job gets all results, then its stages finish."""
    stop = threading.Event()

    def work() -> None:
        while not stop.wait(0.02):
            for message in list(platform.queue.messages):
                if message.task == "tasks.look_task":
                    for name, content in RESULTS.items():
                        add_artifact(platform, message.job_id, name, "application/octet-stream", content)
                    add_slide(platform, message.job_id, "slide_0001.png", PNG)
            run_all(platform)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join()


def test_demo_from_upload_to_folder(worker, lectern, recording, tmp_path):
    ran = lectern("demo", str(recording), "--out", str(tmp_path / "out"))
    assert ran.code == 0, ran.err + ran.out
    assert (tmp_path / "out" / "slides" / "slide_0001.png").read_bytes() == PNG
    assert (tmp_path / "out" / "study_guide.pdf").read_bytes() == RESULTS["study_guide.pdf"]
    assert ran.out.splitlines()[-1] == str(tmp_path / "out" / "study_guide.pdf")


def test_submit_list_status_cancel_retry_remove(lectern, platform, recording):
    made = lectern("submit", str(recording), "--title", "Hashing", "--priority", "high", "--json").document
    assert (made["title"], made["priority"], made["status"]) == ("Hashing", "high", "queued")
    assert (
        lectern("submit", str(recording), "-q", "--idempotency-key", "k", "--param", "chunk_s=60").code == 0
    )
    assert [j["title"] for j in lectern("ls", "--limit", "1", "--json").document["jobs"]] == [
        "lecture one.mp4"
    ]
    assert len(lectern("ls").out.splitlines()) == 2
    assert "Hashing" in lectern("status", made["id"]).out
    assert lectern("rm", made["id"]).code == 4  # it has not ended
    assert lectern("cancel", made["id"]).code == 0
    assert lectern("retry", made["id"]).code == 0
    assert lectern("rm", made["id"], "--cancel").code == 0
    assert lectern("status", made["id"]).code == 3


def test_what_the_server_has_is_not_sent_again(lectern, platform, heard, recording):
    size = recording.stat().st_size
    first = lectern("submit", str(recording), "--title", "First", "--json").document
    assert [told for told in heard if told[0] == "/api/uploads"] == [("/api/uploads", size)]
    heard.clear()
    again = lectern("submit", str(recording), "--title", "Again", "--json").document
    assert [path for path, _ in heard] == ["/api/uploads/known", "/api/jobs"]
    assert sum(count for _, count in heard) < 1_000 < size
    assert again["id"] != first["id"]
    recording.write_bytes(recording.read_bytes() + b".")  # another file
    heard.clear()
    assert lectern("submit", str(recording), "-q").code == 0
    assert ("/api/uploads", size + 1) in heard


def test_a_failing_job_and_refusals(lectern, platform, recording, tmp_path):
    job_id = lectern("submit", str(recording), "-q").out.strip()
    fail_next(platform)
    ran = lectern("status", job_id, "--watch")
    assert ran.code == 1
    assert "No stream in it can be read." in ran.out
    wrong = lectern("submit", str(recording), "--param", "colour=red")
    assert (wrong.code, wrong.err) == (4, "lectern: There is no parameter “colour”. (field: params.colour)\n")
    assert lectern("submit", "http://127.0.0.1/secret.mp4").code == 4
    (tmp_path / "large.mp4").write_bytes(bytes(8_000_000))
    large = lectern("submit", str(tmp_path / "large.mp4"), "--patience", "1")
    assert large.code == 4, large.err
    assert lectern("health", "--json").document["components"]["database"]["status"] == "ok"


def test_a_waiting_job_says_where_it_stands(lectern, platform: Platform) -> None:
    first, second = (submit(platform, NewJob("local", "ping")).job_id for _ in range(2))
    write_places(platform)
    assert "number 2 in line" in lectern("status", second).out
    assert "(number 1 in line)" in lectern("ls").out
    lectern("queue", "pause", "default")
    write_places(platform)
    assert "its queue is paused" in lectern("status", first).out


def test_an_operator_sees_and_pauses_queues_and_sees_workers(lectern, platform: Platform) -> None:
    assert "what runs goes on" in lectern("queue", "pause", "extraction").out
    listed = {q["name"]: q["paused"] for q in lectern("queues", "--json").document["queues"]}
    assert listed["extraction"]
    assert not listed["default"]
    assert "extraction    paused" in lectern("queues").out
    assert lectern("queue", "resume", "extraction", "--json").document["paused"] is False
    assert lectern("queue", "pause", "nonsense").code == 3
    assert lectern("workers").out == "No worker lives.\n"
    Presence(platform.db, "here", ["extraction"], 2).beat()
    assert "0 of 2  extraction" in lectern("workers").out
    assert "pause its queues" in lectern("worker", "drain", "here").err


def test_webhooks_are_added_listed_tried_replayed_and_removed(lectern, platform, recording):
    ran = lectern("webhooks", "add", "https://8.8.8.8/hook", "--event", "job.failed", "--label", "ci")
    assert ran.code == 0, ran.err
    webhook_id, secret = ran.out.split()[0], ran.out.split()[-1]
    assert secret.startswith("whsec_")
    (line,) = lectern("webhooks", "list").out.splitlines()
    assert line.split() == [webhook_id, "ok", "https://8.8.8.8/hook", "job.failed", "ci"]
    lectern("submit", str(recording))
    fail_next(platform)
    assert lectern("webhooks", "test", webhook_id).code == 0
    tested, failed = lectern("webhooks", "list", webhook_id, "--json").document["deliveries"]
    assert (tested["type"], failed["type"]) == ("webhook.test", "job.failed")
    assert lectern("webhooks", "replay", webhook_id, failed["id"], "-q").out.strip() == failed["id"]
    assert "0 messages" in lectern("webhooks", "replay", webhook_id).out
    assert lectern("webhooks", "list", webhook_id, "--state", "delivered").out == "No messages.\n"
    assert lectern("webhooks", "rm", webhook_id).code == 0
    assert lectern("webhooks", "test", webhook_id).code == 3
    assert lectern("webhooks", "add", "http://127.0.0.1/").code == 4


def test_a_page_of_the_deck_is_fetched_once(lectern, platform, recording, tmp_path):
    job_id = lectern("submit", str(recording), "-q").out.strip()
    add_artifact(platform, job_id, "slides/page_0001.png", "image/png", PNG)
    add_slide(platform, job_id, "page_0001.png", PNG)
    out = str(tmp_path / "all")
    listed = lectern("get", job_id, "--all", "--out", out).out.splitlines()
    assert [line.removeprefix(out) for line in listed] == ["/slides/page_0001.png"]
    alone = lectern("get", job_id, "slides", "--out", out, "--json").document["files"]
    assert [file["path"].removeprefix(out) for file in alone] == ["/slides/page_0001.png"]


def test_dead_letters_are_listed_with_their_log_and_replayed_by_filter(lectern, platform, recording):
    jobs = [lectern("submit", str(recording), "--title", f"T{n}", "-q").out.strip() for n in range(3)]
    fail_next(platform)
    for trace in ("trace one", "trace two"):
        log = "opening\nno \x1b[31mframe"
        run_next(platform, Failed("crashed", "It broke.", retryable=False, traceback=trace, log=log))
    listed = lectern("dead", "list").out.splitlines()
    assert [line.split()[0] for line in listed[::2]] == jobs[::-1]
    assert "look: bad_media" in listed[5]
    assert listed[5].endswith("No stream in it can be read.")
    crashed = lectern("dead", "list", "--code", "crashed", "--log", "--limit", "1").out.splitlines()
    assert crashed[2:] == ["  | opening", "  | no  [31mframe"]
    digest = lectern("dead", "list", "--job", jobs[1], "--json").document["dead_letters"][0]["digest"]
    assert lectern("dead", "replay", "--digest", digest, "-q").out.split() == [jobs[1]]
    assert lectern("dead", "list", "-q").out.split() == [jobs[2], jobs[0]]
    for unclear in ([], ["--all", "--code", "crashed"]):
        assert lectern("dead", "replay", *unclear).code == 2
    assert lectern("dead", "replay", "--digest", "nonsense").code == 4
    assert lectern("dead", "replay", "--all").out.splitlines() == [jobs[0], jobs[2], "2 jobs run again."]
    assert lectern("dead", "list").out == "No dead letters.\n"
    assert lectern("dead", "list", "-q").out == ""


def test_replaying_more_than_a_call_takes_ends_though_jobs_fail_again_at_once(
    lectern, platform, recording, monkeypatch
):
    jobs = [lectern("submit", str(recording), "--title", f"T{n}", "-q").out.strip() for n in range(3)]
    for _ in jobs:
        fail_next(platform)
    monkeypatch.setattr(deadletters, "_PER_REPLAY", 2)
    sends_off = deadletters.replay

    def fails_again(*asked):
        done = sends_off(*asked)
        for _ in done.jobs:
            fail_next(platform)
        return replace(done, left=3)

    monkeypatch.setattr(deadletters, "replay", fails_again)
    ran = lectern("dead", "replay", "--all", "-q")
    assert (ran.code, sorted(ran.out.split())) == (0, sorted(jobs))
    assert len(lectern("dead", "list", "-q").out.split()) == 3
