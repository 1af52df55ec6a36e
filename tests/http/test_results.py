"""Slides, transcripts, files and recordings: media types, ranges, harmless headers."""

from __future__ import annotations

import hashlib
import io

import pytest
from flask.testing import FlaskClient
from helpers_http import add_artifact, add_slide
from test_submitting import problem

from app.jobs.platform import Platform

FILM = bytes(range(256)) * 40


@pytest.fixture
def job_id(client: FlaskClient) -> str:
    sent = client.post("/api/jobs", data={"file": (io.BytesIO(FILM), "Tag 1.mp4")})
    found: str = sent.get_json()["id"]
    return found


def test_slides_have_times_text_and_a_picture(client: FlaskClient, platform: Platform, job_id: str) -> None:
    add_slide(platform, job_id, 1, b"\x89PNG\r\n\x1a\n....")
    slide = client.get(f"/api/jobs/{job_id}/slides").get_json()["slides"][0]
    assert (slide["number"], slide["text"]) == (1, "Hash tables")
    assert slide["intervals"] == [[0.0, 4.0], [9.0, 12.5]]
    assert (slide["recorded_image"], slide["annotated_image"]) == (None, None)
    image = client.get(slide["image"])
    assert (image.mimetype, image.data[:4]) == ("image/png", b"\x89PNG")
    again = client.get(slide["image"], headers={"If-None-Match": image.headers["ETag"]})
    assert again.status_code == 304
    assert client.get(f"/api/jobs/{job_id}/artifacts/slides/{slide['image_name']}").data == image.data
    problem(client.get(f"/api/jobs/{job_id}/slides/2/image"), 404)
    problem(client.get(f"/api/jobs/{job_id}/slides/x/image"), 404)


def test_a_slide_that_was_written_on_has_that_picture_too(
    client: FlaskClient, platform: Platform, job_id: str
) -> None:
    add_slide(platform, job_id, 1, b"\x89PNG clean", annotated_name="slide_0001_annotated.png")
    add_artifact(platform, job_id, "slides/slide_0001_annotated.png", "image/png", b"\x89PNG ink")
    slide = client.get(f"/api/jobs/{job_id}/slides").get_json()["slides"][0]
    assert client.get(slide["image"]).data == b"\x89PNG clean"
    assert client.get(slide["annotated_image"]).data == b"\x89PNG ink"


def test_a_recording_plays_from_any_second(client: FlaskClient, job_id: str) -> None:
    url = f"/api/jobs/{job_id}/recording"
    whole = client.get(url)
    assert whole.mimetype == "video/mp4"
    assert whole.data == FILM
    assert whole.headers["Accept-Ranges"] == "bytes"
    assert "Tag 1.mp4" in whole.headers["Content-Disposition"]
    part = client.get(url, headers={"Range": "bytes=100-199"})
    assert (part.status_code, part.data) == (206, FILM[100:200])
    assert part.headers["Content-Range"] == f"bytes 100-199/{len(FILM)}"
    last = client.get(url, headers={"Range": "bytes=-10", "If-Range": whole.headers["ETag"]})
    assert (last.status_code, last.data) == (206, FILM[-10:])
    stale = client.get(url, headers={"Range": "bytes=-10", "If-Range": '"other"'})
    assert (stale.status_code, stale.data) == (200, FILM)
    beyond = client.get(url, headers={"Range": "bytes=99999999-"})
    problem(beyond, 416)
    assert beyond.headers["Content-Range"] == f"bytes */{len(FILM)}"
    linked = client.get(f"/api/recordings/{hashlib.sha256(FILM).hexdigest()}", headers={"Range": "bytes=5-6"})
    assert (linked.status_code, linked.data) == (206, FILM[5:7])
    problem(client.get(f"/api/recordings/{'0' * 64}"), 404)
    for ignored in ("lines=0-1", "bytes=0-1,4-5", "bytes=x", "bytes"):
        answer = client.get(url, headers={"Range": ignored})
        assert (answer.status_code, answer.data) == (200, FILM), ignored
    head = client.head(url)
    assert (head.status_code, head.data, head.content_length) == (200, b"", len(FILM))


def test_a_page_that_calls_itself_a_recording_is_not_shown(client: FlaskClient) -> None:
    sent = client.post("/api/jobs", data={"file": (io.BytesIO(b"<script>"), "x.html")})
    answer = client.get(sent.get_json()["links"]["recording"])
    assert answer.mimetype == "application/octet-stream"
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in answer.headers["Content-Security-Policy"]


def test_artifacts(client: FlaskClient, platform: Platform, job_id: str) -> None:
    digest = add_artifact(platform, job_id, "study_guide.html", "text/html", b"<p>Hash</p>")
    add_artifact(platform, job_id, "slides/001.png", "image/png", b"\x89PNG")
    add_artifact(platform, job_id, "study_guide.pdf", "application/pdf", b"%PDF-")
    listed = client.get(f"/api/jobs/{job_id}/artifacts").get_json()["artifacts"]
    assert [a["name"] for a in listed] == ["slides/001.png", "study_guide.html", "study_guide.pdf"]
    assert all(client.get(a["url"]).status_code == 200 for a in listed)
    page = client.get(listed[1]["url"])
    assert page.headers["Content-Type"] == "text/html; charset=utf-8"
    assert page.headers["ETag"] == f'"{digest}"'
    assert "sandbox" in page.headers["Content-Security-Policy"]
    assert page.headers["Content-Disposition"].startswith("inline")
    assert "connect-src" not in page.headers["Content-Security-Policy"], "`default-src 'none'` holds"
    sent = client.get(listed[2]["url"] + "?download=1")
    assert sent.headers["Content-Disposition"] == "attachment; filename=study_guide.pdf"
    problem(client.get(f"/api/jobs/{job_id}/artifacts/other.pdf"), 404)
    problem(client.get(f"/api/jobs/{job_id}/artifacts/../../../etc/passwd"), 404)
    problem(client.get(listed[2]["url"] + "?download=maybe"), 422, "download")


def test_transcripts_by_format(client: FlaskClient, platform: Platform, job_id: str) -> None:
    problem(client.get(f"/api/jobs/{job_id}/transcript"), 404)
    add_artifact(platform, job_id, "transcript.json", "application/json", b'{"words": []}')
    add_artifact(platform, job_id, "captions.vtt", "text/vtt; charset=utf-8", "WEBVTT ü".encode())
    assert client.get(f"/api/jobs/{job_id}/transcript").get_json() == {"words": []}
    captions = client.get(f"/api/jobs/{job_id}/transcript?format=vtt")
    assert captions.headers["Content-Type"] == "text/vtt; charset=utf-8"
    assert captions.text == "WEBVTT ü"
    problem(client.get(f"/api/jobs/{job_id}/transcript?format=txt"), 404)
    add_artifact(platform, job_id, "transcript.txt", "text/plain", "[00:01] Grüße.\n".encode())
    plain = client.get(f"/api/jobs/{job_id}/transcript?format=txt")
    assert (plain.headers["Content-Type"], plain.text) == ("text/plain; charset=utf-8", "[00:01] Grüße.\n")
    problem(client.get(f"/api/jobs/{job_id}/transcript?format=doc"), 422, "format")


def test_a_file_that_was_collected_is_a_404(client: FlaskClient, platform: Platform, job_id: str) -> None:
    platform.storage.delete(add_artifact(platform, job_id, "a.txt", "text/plain", b"x"))
    problem(client.get(f"/api/jobs/{job_id}/artifacts/a.txt"), 404)
