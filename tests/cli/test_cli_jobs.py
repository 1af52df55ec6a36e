"""submit, ls, status, get, cancel, retry, rm and health against a server that speaks the contract."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path

import pytest
from contract_server import PNG, RESULTS, document, stage


def failing_run(job_id):
    broken = stage(
        1, "prepare", "failed", failures=1, error={"code": "bad_media", "message": "This file is empty."}
    )
    error = {"code": "bad_media", "message": "This file is empty."}
    return [document(job_id, "running", 1, []), document(job_id, "failed", 2, [broken], error=error)]


def test_submit_sends_the_file_and_names_the_job(lectern, server, recording):
    ran = lectern(
        "submit", str(recording), "--title", "Hashing", "--param", "language=en", "--param", "chunk_s=60"
    )
    assert (ran.code, ran.out) == (0, "Job job_0\nFollow it with: lectern status job_0 --watch\n")
    assert server.uploads == {"up_0": {"filename": "lecture one.mp4", "size": recording.stat().st_size}}
    [request] = server.asked("POST", "/api/jobs")
    assert request.body == {
        "kind": "lecture",
        "priority": "normal",
        "title": "Hashing",
        "params": {"language": "en", "chunk_s": 60},
        "upload": "up_0",
    }


def test_submit_of_an_address_uploads_nothing(lectern, server):
    assert lectern("submit", "https://example.org/a.mp4", "--quiet").out == "job_0\n"
    assert server.asked("POST", "/api/jobs")[0].body["url"] == "https://example.org/a.mp4"
    assert not server.uploads


def test_waiting_prints_a_line_when_a_stage_changes(lectern, recording):
    ran = lectern("submit", str(recording), "--wait")
    assert ran.code == 0
    changes = [line[10:] for line in ran.out.splitlines() if line[2:3] == ":"]
    assert changes == [
        "job queued",
        "job running",
        "extract slides: running",
        "extract slides: done (12.5 s)",
        "transcribe chunk: running (1 of 2 pieces)",
        "transcribe chunk: done (2 of 2 pieces, 12.5 s)",
        "job succeeded",
    ]
    assert "job_0  succeeded, 100%" in ran.out


def test_json_keeps_standard_output_for_one_document(lectern, recording):
    ran = lectern("submit", str(recording), "--wait", "--json")
    assert ran.document["status"] == "succeeded"
    assert "extract slides: running" in ran.err


def test_a_failed_job_is_exit_1_and_says_why(lectern, server, recording):
    server.script = failing_run
    ran = lectern("submit", str(recording), "--wait")
    assert ran.code == 1
    assert "Error: This file is empty." in ran.out
    assert "job_0  failed\n" in ran.out
    assert "%" not in ran.out
    assert lectern("status", "job_0").code == 0  # reading the state of a failed job is no failure
    assert lectern("status", "job_0", "--watch").code == 1
    quiet = lectern("submit", str(recording), "--wait", "-q")
    assert (quiet.code, quiet.out) == (1, "job_1\n")
    assert quiet.err == "lectern: The job job_1 failed: This file is empty.\n"


def test_quiet_lists_are_ids_for_scripts(lectern, server, recording):
    assert lectern("ls", "-q").out == ""
    for _ in range(2):
        lectern("submit", str(recording))
    assert sorted(lectern("ls", "-q").out.splitlines()) == ["job_0", "job_1"]


def test_what_the_server_refuses_is_exit_4_with_its_sentence_and_field(lectern, recording):
    ran = lectern("submit", str(recording), "--kind", "nonsense")
    assert (ran.code, ran.err) == (4, "lectern: There is no kind of job named so. (field: kind)\n")
    document = lectern("--json", "submit", str(recording), "--kind", "nonsense").document
    assert document["error"] == {
        "message": "There is no kind of job named so.",
        "exit_code": 4,
        "field": "kind",
    }


@pytest.mark.parametrize(
    "argv", [["status", "job_9"], ["get", "job_9"], ["rm", "job_9"], ["cancel", "job_9"]]
)
def test_an_unknown_job_is_exit_3(lectern, argv):
    ran = lectern(*argv)
    assert (ran.code, ran.err) == (3, "lectern: There is no such job.\n")


def test_wrong_use_is_exit_2(lectern, tmp_path):
    assert lectern("submit").code == 2
    assert lectern("fly").code == 2
    assert lectern("ls", "--limit", "0").code == 2
    assert lectern("submit", str(tmp_path)).err == f"lectern: {tmp_path} is not a file.\n"
    assert lectern("submit", "no-such.mp4").code == 2
    (tmp_path / "empty.mp4").touch()
    assert lectern("submit", str(tmp_path / "empty.mp4")).err == "lectern: empty.mp4: this file is empty.\n"
    assert lectern("ls", "--url", "ftp://x").code == 2


def test_an_upload_needs_little_memory(lectern, server, tmp_path):
    large = tmp_path / "large.mp4"
    with large.open("wb") as file:
        file.truncate(96 * 1024 * 1024)
    tracemalloc.start()
    try:
        assert lectern("submit", str(large)).code == 0
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert server.uploads["up_0"]["size"] == 96 * 1024 * 1024
    assert peak < 8 * 1024 * 1024


def test_ls_pages_through_the_jobs_and_filters(lectern, server, recording):
    for _ in range(3):
        lectern("submit", str(recording), "--quiet")
    server.jobs["job_1"][0]["status"] = "succeeded"
    server.jobs["job_2"][0]["title"] = "Evil \x1b[31m title"
    ran = lectern("ls")
    assert [line.split()[0] for line in ran.out.splitlines()] == ["job_0", "job_1", "job_2"]
    assert "\x1b" not in ran.out
    only = lectern("ls", "--status", "succeeded", "--json").document
    assert [job["id"] for job in only["jobs"]] == ["job_1"]
    assert lectern("ls", "--limit", "2", "--json").document["next_cursor"] == "2"


def test_get_lists_then_fetches_by_name_or_all(lectern, recording, tmp_path):
    lectern("submit", str(recording), "--wait", "--quiet")
    assert "study_guide.pdf" in lectern("get", "job_0").out
    out = tmp_path / "out"
    ran = lectern("get", "job_0", "terms.json", "slides", "--out", str(out), "--json")
    assert [Path(f["path"]).relative_to(out).as_posix() for f in ran.document["files"]] == [
        "terms.json",
        "slides/slide_0001.png",
        "slides/slide_0002.jpg",
    ]
    assert (out / "slides" / "slide_0002.jpg").read_bytes() == PNG + b"2"
    assert lectern("get", "job_0", "--all", "--out", str(out)).code == 0
    assert {p.name for p in out.iterdir()} == {*RESULTS, "slides"}
    assert (out / "study_guide.md").read_bytes() == RESULTS["study_guide.md"]


def test_get_of_what_is_not_there_writes_nothing(lectern, recording, tmp_path):
    lectern("submit", str(recording), "--quiet")
    ran = lectern("get", "job_0", "terms.json", "song.mp3", "--out", str(tmp_path / "out"))
    assert ran.code == 3
    assert "has no song.mp3" in ran.err
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("name", ["../outside", "/etc/x", "a/../../b", "a\\b"])
def test_a_name_that_leaves_the_folder_is_refused(lectern, server, recording, tmp_path, name):
    server.results["slides.json"] = json.dumps([{"slide_id": "s001", "image": name}]).encode()
    lectern("submit", str(recording), "--quiet")
    ran = lectern("get", "job_0", "slides", "--out", str(tmp_path / "in" / "out"))
    assert ran.code == 5
    assert "not safe" in ran.err
    assert not (tmp_path / "in" / "outside").exists()


def test_submit_with_out_waits_and_fetches(lectern, recording, tmp_path):
    assert lectern("submit", str(recording), "--out", str(tmp_path / "out")).code == 0
    assert (tmp_path / "out" / "study_guide.pdf").read_bytes() == RESULTS["study_guide.pdf"]


def test_cancel_retry_and_rm(lectern, server, recording):
    lectern("submit", str(recording), "--quiet")
    assert lectern("cancel", "job_0").out == "job_0 cancelled\n"
    assert lectern("cancel", "job_0").code == 4  # 409: it has ended
    assert lectern("retry", "job_0").out == "job_0 queued\n"
    lectern("cancel", "job_0")
    assert lectern("rm", "job_0", "--cancel").out == "job_0 removed\n"
    assert not server.jobs


def test_health_shows_each_component(lectern, server):
    assert lectern("health").code == 0
    server.health = "down"
    ran = lectern("health")
    assert ran.code == 5
    assert "database     down  refused" in ran.out
