"""`lectern demo`: everything in one folder, or a clear word about what is missing."""

from __future__ import annotations

import json

import pytest
from contract_server import RESULTS, document, good_run, stage

from app.cli.demo import missing_files

WANTED = {*RESULTS, "slides", "job.json"} - {"inner_notes.json"}


def run_with(**more):
    def script(job_id):
        return [document(job_id, "queued", 1, []), document(job_id, "succeeded", 2, [], **more)]

    return script


def test_demo_leaves_exactly_the_promised_files_and_counts_them(lectern, recording, tmp_path):
    out = tmp_path / "out"
    ran = lectern("demo", str(recording), "--out", str(out))
    assert ran.code == 0, ran.err
    assert {p.name for p in out.iterdir()} == WANTED
    for row in json.loads((out / "slides.json").read_text()):
        assert (out / row["image"]).stat().st_size > 0
    kept = json.loads((out / "job.json").read_text())
    assert (kept["status"], kept["metrics"][0]["stage"]) == ("succeeded", "prepare")
    lines = ran.out.splitlines()
    assert lines[-3].startswith("2 slides, 12 sentences, 2 sections, 3 terms in 2 min 00 s of recording;")
    assert lines[-3].endswith("took 30.0 s (4.0 × real time).")
    assert lines[-1] == str(out / "study_guide.pdf")
    assert any(line.endswith("extract slides: running") for line in lines)  # the live view


def test_a_second_demo_replaces_the_first(lectern, server, recording, tmp_path):
    out = tmp_path / "out"
    assert lectern("demo", str(recording), "--out", str(out)).code == 0
    server.results["study_guide.md"] = b"# Another\n"
    del server.results["captions.srt"]
    assert lectern("demo", str(recording), "--out", str(out), "--json").document["sections"] == 2
    assert (out / "study_guide.md").read_bytes() == b"# Another\n"
    assert {p.name for p in out.iterdir()} == WANTED - {"captions.srt"}


def test_a_folder_with_other_things_is_refused_before_anything_is_sent(lectern, server, recording):
    assert lectern("demo", str(recording), "--out", str(recording.parent)).code == 2
    assert not server.uploads


def test_a_failed_job_leaves_no_folder(lectern, server, recording, tmp_path):
    error = {"code": "bad_media", "message": "This file is empty."}
    failed = stage(1, "prepare", "failed", error=error, failures=1)
    server.script = lambda job: [*good_run(job)[:2], document(job, "failed", 3, [failed], error=error)]
    ran = lectern("demo", str(recording), "--out", str(tmp_path / "out"))
    assert ran.code == 1
    assert ran.err == "lectern: The job job_0 failed: This file is empty.\n"
    assert "prepare: failed (This file is empty.)" in ran.out
    assert not (tmp_path / "out").exists()


def test_a_recording_without_slides_is_complete_when_the_job_says_so(lectern, server, recording, tmp_path):
    del server.results["slides.pdf"]
    server.results["slides.json"] = b"[]"
    warning = "This recording has no moving pictures, so there are no slides."
    server.script = run_with(warnings=[warning])
    ran = lectern("demo", str(recording), "--out", str(tmp_path / "out"))
    assert ran.code == 0, ran.err
    assert f"Note: {warning}" in ran.out
    assert "0 slides, 12 sentences" in ran.out


def test_what_is_missing_without_a_reason_is_exit_1(lectern, server, recording, tmp_path):
    del server.results["slides.pdf"]
    server.results["captions.vtt"] = b""
    server.script = run_with(warnings=["No text could be read on the slides, so their titles are missing."])
    ran = lectern("demo", str(recording), "--out", str(tmp_path / "out"))
    assert ran.code == 1
    assert "lacks captions.vtt, slides.pdf." in ran.err


@pytest.mark.parametrize(
    ("warnings", "missing"),
    [
        ([], {"captions.vtt", "slides", "slides.json", "slides.pdf", "study_guide.md", "study_guide.pdf",
              "transcript.json", "job.json"}),
        (["No speech was found in the recording."],
         {"slides", "slides.json", "slides.pdf", "study_guide.md", "study_guide.pdf", "job.json"}),
        (["This recording has no sound."],
         {"slides", "slides.json", "slides.pdf", "study_guide.md", "study_guide.pdf", "job.json"}),
        (["No slide was found in this recording."],
         {"captions.vtt", "transcript.json", "study_guide.md", "study_guide.pdf", "job.json"}),
        (["Neither speech nor slides were found in the recording, so there is nothing to summarise."],
         {"job.json"}),
    ],
)  # fmt: skip
def test_warnings_excuse_only_what_they_explain(tmp_path, warnings, missing):
    assert set(missing_files(tmp_path, warnings)) == missing
