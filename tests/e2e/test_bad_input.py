"""What users really send: each ends in one readable sentence, nothing half-written, the workers live on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from tests.stack import ROOT, Stack

pytestmark = pytest.mark.services
EBML_HEADER = bytes.fromhex("1a45dfa39f4286810142f7810142f2810442f381084282886d6174726f736b61")
SPEECH = ROOT / "tests" / "fixtures" / "speech" / "lecture.ogg"


def failed(stack: Stack, recording: Path) -> str:
    """The sentence with which the recording's job failed; nothing of it is left."""
    document = stack.wait(stack.submit(recording), 60)
    assert document["status"] == "failed", document
    assert document["error"]["code"] == "bad_media"
    assert sum(s["failures"] for s in document["stages"]) == 1, "bad input is not tried again"
    url = f"{stack.url}/api/jobs/{document['id']}"
    assert stack.http.get(f"{url}/artifacts", timeout=10).json()["artifacts"] == []
    assert stack.http.get(f"{url}/slides", timeout=10).json()["slides"] == []
    sentence: str = document["error"]["message"]
    assert sentence.endswith(".")
    assert "Traceback" not in sentence
    return sentence


def refused(stack: Stack, status: int, field: str | None, **request: Any) -> None:
    answer = stack.http.post(f"{stack.url}/api/jobs", timeout=30, **request)
    problem = answer.json()
    assert answer.headers["Content-Type"].startswith("application/problem+json")
    assert (answer.status_code, problem.get("field")) == (status, field), problem
    assert problem["detail"]


def write_video(path: Path, seconds: float, *, options: dict[str, str] | None = None) -> Path:
    with av.open(str(path), "w", options=options or {}) as container:
        stream = container.add_stream("libx264", rate=10)
        stream.width, stream.height, stream.pix_fmt = 320, 180, "yuv420p"
        for i in range(int(seconds * 10)):
            shade = np.full((180, 320, 3), 40 + 160 * (i // 50 % 2), np.uint8)
            shade[60:120, 40 : 80 + i % 200] = 255
            container.mux(stream.encode(av.VideoFrame.from_ndarray(shade, format="rgb24")))
        container.mux(stream.encode())
    return path


def test_an_empty_file_is_refused(stack: Stack, tmp_path: Path) -> None:
    refused(stack, 422, "file", files={"file": ("empty.mp4", b"")})


def test_text_renamed_to_a_video(stack: Stack, tmp_path: Path) -> None:
    path = tmp_path / "essay.mp4"
    path.write_text("This is an essay, not a lecture.\n" * 200)
    assert "not an audio or video recording" in failed(stack, path)


def test_a_recording_cut_off_before_its_index(stack: Stack, tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", 20)
    path = tmp_path / "cut.mp4"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    assert "cut off" in failed(stack, path)


def test_a_recording_cut_off_after_its_index_gives_what_is_there(stack: Stack, tmp_path: Path) -> None:
    whole = write_video(tmp_path / "whole.mp4", 20, options={"movflags": "faststart"})
    path = tmp_path / "half.mp4"
    path.write_bytes(whole.read_bytes()[: whole.stat().st_size * 2 // 3])
    document = stack.wait(stack.submit(path), 120)
    assert document["status"] == "succeeded", document
    assert any("cut off: it should last 0:00:20" in w for w in document["warnings"]), document["warnings"]
    listed = stack.http.get(f"{stack.url}/api/jobs/{document['id']}/slides", timeout=10).json()["slides"]
    assert listed
    assert max(end for slide in listed for _, end in slide["intervals"]) < 19


def test_a_playlist_that_points_at_local_files(stack: Stack, tmp_path: Path) -> None:
    secret = tmp_path / "secret.ogg"
    secret.write_bytes(SPEECH.read_bytes())
    for name, text in {
        "list.m3u8": f"#EXTM3U\n#EXTINF:10,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        "list.mp4": f"ffconcat version 1.0\nfile '{secret}'\n",
    }.items():
        path = tmp_path / name
        path.write_text(text)
        assert str(secret) not in failed(stack, path)


def test_a_container_without_streams_and_one_without_length(stack: Stack, tmp_path: Path) -> None:
    bare = tmp_path / "bare.mkv"
    bare.write_bytes(EBML_HEADER + b"\0" * 64)
    failed(stack, bare)
    endless = tmp_path / "still.mov"
    with av.open(str(endless), "w") as container:
        stream = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        container.start_encoding()
    failed(stack, endless)


def test_audio_alone_gives_a_guide_without_slides(stack: Stack) -> None:
    document = stack.wait(stack.submit(SPEECH), 120)
    assert document["status"] == "succeeded", document
    assert any("no picture" in w or "no slides" in w.lower() for w in document["warnings"])
    names = _artifacts(stack, document["id"])
    assert {"study_guide.pdf", "transcript.json", "captions.vtt"} <= names
    assert "slides.pdf" not in names


def test_a_silent_video_gives_slides_and_says_what_it_lacks(stack: Stack, tmp_path: Path) -> None:
    document = stack.wait(stack.submit(write_video(tmp_path / "silent.mp4", 20)), 120)
    assert document["status"] == "succeeded", document
    assert any("no sound" in w or "no speech" in w.lower() for w in document["warnings"])
    assert "study_guide.pdf" in _artifacts(stack, document["id"])
    notes = json.loads(stack.artifact(document["id"], "notes.json"))
    assert notes["lacks"]
    assert all(not section["essentials"] for section in notes["sections"]), "nothing may be invented"


def _artifacts(stack: Stack, job_id: str) -> set[str]:
    listed = stack.http.get(f"{stack.url}/api/jobs/{job_id}/artifacts", timeout=10).json()
    return {artifact["name"] for artifact in listed["artifacts"]}


def test_addresses_that_are_not_public(stack: Stack) -> None:
    for url in (
        "http://127.0.0.1:5432/x.mp4",
        "http://localhost/x.mp4",
        "http://[::1]/x.mp4",
        "http://169.254.169.254/latest/meta-data",
        "http://0x7f000001/x.mp4",
        "file:///etc/passwd",
    ):
        refused(stack, 422, "url", json={"kind": "lecture", "url": url})


URL = "https://example.org/a.mp4"


@pytest.mark.parametrize(
    ("status", "field", "request_"),
    [
        (422, "kind", {"data": {"kind": "poem"}, "files": {"file": ("a.ogg", b"x")}}),
        (422, "params.speed", {"data": {"params": '{"speed": 2}'}, "files": {"file": ("a.ogg", b"x")}}),
        (422, "params.chunk_s", {"data": {"params": '{"chunk_s": "x"}'}, "files": {"file": ("a.ogg", b"x")}}),
        (422, "colour", {"json": {"url": URL, "colour": "red"}}),
        (422, "title", {"json": {"url": URL, "title": 7}}),
        (422, "upload", {"json": {"upload": "up_0000"}}),
        (400, None, {"data": b"{not json", "headers": {"Content-Type": "application/json"}}),
        (415, None, {"data": b"<xml/>", "headers": {"Content-Type": "application/xml"}}),
    ],
)
def test_requests_that_make_no_sense(
    stack: Stack, status: int, field: str | None, request_: dict[str, Any]
) -> None:
    refused(stack, status, field, **request_)


def test_a_name_that_climbs_out_of_its_folder(stack: Stack) -> None:
    name = "../" * 40 + "x" * 400 + ".ogg"
    with SPEECH.open("rb") as file:
        answer = stack.http.post(f"{stack.url}/api/jobs", files={"file": (name, file)}, timeout=30)
    assert answer.status_code == 202
    kept = answer.json()["source"]["filename"]
    assert "/" not in kept
    assert len(kept.encode()) <= 255
    stack.wait(answer.json()["id"], 120)


def test_unknown_things_are_404(stack: Stack) -> None:
    for path in ("/api/jobs/job_nothing", "/api/jobs/job_nothing/events", "/api/nothing"):
        answer = stack.http.get(stack.url + path, timeout=10)
        assert answer.status_code == 404
        assert answer.headers["Content-Type"].startswith("application/problem+json")


def test_after_all_that_a_good_recording_still_works(stack: Stack) -> None:
    assert stack.wait(stack.submit(SPEECH), 120)["status"] == "succeeded"
    assert stack.http.get(f"{stack.url}/api/health", timeout=10).status_code == 200
