"""What the client does when the server or the network does not: repeat, give up, never submit twice."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque

import pytest

from app.cli.client import Api
from app.cli.config import Target, find_target
from app.cli.exits import CommandError, Exit


def test_a_lost_answer_never_makes_a_second_job(lectern, server, recording):
    server.faults[("POST", "/api/jobs")] = deque(["drop", "502"])
    assert lectern("submit", str(recording), "--quiet").out == "job_0\n"
    requests = server.asked("POST", "/api/jobs")
    assert len(requests) == 3
    assert len({r.headers["idempotency-key"] for r in requests}) == 1
    assert list(server.jobs) == ["job_0"]


def test_two_submits_are_two_jobs_unless_the_user_gives_the_key(lectern, server, recording):
    assert lectern("submit", str(recording), "-q").out == "job_0\n"
    assert lectern("submit", str(recording), "-q", "--idempotency-key", "mine").out == "job_1\n"
    assert lectern("submit", str(recording), "-q", "--idempotency-key", "mine").out == "job_1\n"


def test_an_upload_that_broke_is_sent_again_from_its_start(lectern, server, recording):
    server.faults[("POST", "/api/uploads/known")] = deque()
    server.faults[("POST", "/api/uploads")] = deque(["drop", "503"])
    assert lectern("submit", str(recording), "-q").code == 0
    assert [r.size for r in server.asked("POST", "/api/uploads")] == [recording.stat().st_size] * 3


def test_a_cancel_that_may_have_arrived_is_not_repeated(lectern, server, recording):
    lectern("submit", str(recording), "-q")
    server.faults[("POST", "/api/jobs/job_0/cancel")] = deque(["drop"])
    ran = lectern("cancel", "job_0")
    assert ran.code == 5
    assert "broke" in ran.err
    assert len(server.asked("POST", "/api/jobs/job_0/cancel")) == 1


def test_a_removal_whose_answer_got_lost_counts_as_done(lectern, server, recording):
    lectern("submit", str(recording), "-q")
    server.faults[("DELETE", "/api/jobs")] = deque(["drop"])
    assert lectern("rm", "job_0").code == 0


def test_following_a_job_survives_a_server_that_comes_and_goes(lectern, server, recording):
    server.faults[("GET", "/api/jobs/")] = deque(["503", "drop", "502", "drop"])
    assert lectern("submit", str(recording), "--wait", "-q").code == 0


def test_a_broken_download_goes_on_where_it_broke(lectern, server, recording, tmp_path):
    lectern("submit", str(recording), "-q")
    server.results["slides.pdf"] = bytes(range(256)) * 4000
    server.faults[("GET", "/api/jobs/job_0/artifacts/slides.pdf")] = deque(["half", "half"])
    assert lectern("get", "job_0", "slides.pdf", "--out", str(tmp_path)).code == 0
    assert (tmp_path / "slides.pdf").read_bytes() == server.results["slides.pdf"]
    asked = server.asked("GET", "/api/jobs/job_0/artifacts/slides.pdf")
    starts = [int(r.headers.get("range", "bytes=0-")[6:-1]) for r in asked]
    assert 0 == starts[0] < starts[1] < starts[2]


def test_a_download_that_never_comes_whole_leaves_no_file(lectern, server, recording, tmp_path):
    lectern("submit", str(recording), "-q")
    server.faults[("GET", "/api/jobs/job_0/artifacts/")] = deque(["half"] * 20)
    ran = lectern("get", "job_0", "study_guide.md", "--out", str(tmp_path / "out"))
    assert ran.code == 5
    assert list((tmp_path / "out").iterdir()) == []


@pytest.mark.parametrize(("status", "code"), [("500", 5), ("429", 5), ("401", 4), ("413", 4), ("404", 3)])
def test_each_refusal_has_its_exit_code(lectern, server, status, code):
    server.faults[("GET", "/api/jobs")] = deque([status] * 50)
    assert lectern("ls", "--patience", "0.2").code == code


def test_no_server_is_exit_5_in_one_sentence(lectern):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        ran = lectern("ls", "--url", url, "--patience", "0.1")
    assert (ran.code, ran.err) == (
        5,
        f"lectern: No server answers at {url} (is it running? --url names another).\n",
    )


def test_another_program_on_the_port_is_recognised(lectern, server):
    server.faults[("GET", "/api/jobs")] = deque(["html"])
    ran = lectern("ls")
    assert (ran.code, ran.err) == (5, f"lectern: What answers at {server.url} is not Lectern.\n")


def test_retry_after_is_honoured_within_the_patience(server):
    pauses = []
    server.faults[("GET", "/api/health")] = deque(["503", "502"])
    Api(Target(server.url, None), sleep=pauses.append).get("/api/health")
    assert pauses[0] == pytest.approx(0.05)  # Retry-After: 0, yet never a busy loop
    assert 0.2 <= pauses[1] <= 0.5
    server.faults[("GET", "/api/health")] = deque(["503"] * 99)
    with pytest.raises(CommandError, match="Not just now") as caught:
        Api(Target(server.url, None), patience_s=0.01, sleep=pauses.append).get("/api/health")
    assert caught.value.code is Exit.UNREACHABLE


def test_ctrl_c_leaves_the_job_running_and_says_how_to_follow_it(server, recording):
    server.hold = True
    argv = [sys.executable, "-m", "app.cli.main", "--url", server.url, "submit", str(recording), "--wait"]
    process = subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    deadline = time.monotonic() + 20
    while not server.asked("GET", "/api/jobs/job_0") and time.monotonic() < deadline:
        time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=10)
    assert process.returncode == 130
    assert "lectern status job_0 --watch" in err
    assert "Traceback" not in out + err
    assert not server.asked("POST", "/api/jobs/job_0/cancel")


def test_the_key_goes_along_and_only_where_it_belongs(lectern, server, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    (state / "env").write_text("export LECTERN_URL=https://stack.example\n# a remark\nexport 'A=b c'\n")
    (state / "api_key").write_text("lk_local\n")
    env = {"LECTERN_STATE": str(state)}
    assert find_target(environ=env) == Target("https://stack.example", "lk_local")
    assert find_target(environ=env | {"LECTERN_API_KEY": "lk_env"}).key == "lk_env"
    assert find_target("https://other.example/", environ=env) == Target("https://other.example", None)
    assert find_target("https://other.example", "lk_flag", environ=env).key == "lk_flag"
    assert find_target(environ={"LECTERN_STATE": str(tmp_path)}).url == "http://127.0.0.1:5000"
    assert lectern("ls").code == 0
    assert server.seen[-1].headers["authorization"] == "Bearer lk_local"  # this machine's own server


def test_output_may_be_cut_off_by_its_reader(server, recording):
    argv = [sys.executable, "-m", "app.cli.main", "--url", server.url, "--json", "ls"]
    read, write = os.pipe()
    os.close(read)
    process = subprocess.run(argv, stdout=write, stderr=subprocess.PIPE, check=False, text=True)
    os.close(write)
    assert (process.returncode, process.stderr) == (0, "")
