"""Jobs and uploads as a user of the API sends them, good and bad."""

from __future__ import annotations

import hashlib
import io
import json
import time
from typing import Any

import pytest
from flask.testing import FlaskClient
from helpers_http import run_all
from werkzeug.test import TestResponse

from app.jobs.platform import Platform
from tests.accounts.people import give_key


def send(client: FlaskClient, content: bytes = b"film", name: str = "l.mp4", **fields: str) -> TestResponse:
    response = client.post("/api/jobs", data={"file": (io.BytesIO(content), name), **fields})
    response.request.environ["wsgi.input"].close()  # the test client spools large bodies to a file
    return response


def problem(response: TestResponse, status: int, field: str | None = None) -> dict[str, Any]:
    assert response.status_code == status, response.text
    assert response.mimetype == "application/problem+json"
    body: dict[str, Any] = response.get_json()
    assert body["status"] == status
    assert body["title"]
    assert body["detail"]
    if field is not None:
        assert body["field"] == field
        assert field in [e["field"] for e in body["errors"]]
    return body


def stored_files(platform: Platform) -> int:
    assert not list((platform.storage.root / "incoming").iterdir())
    return len(list(platform.storage.digests()))


def test_a_recording_becomes_a_job(client: FlaskClient, platform: Platform) -> None:
    response = send(client, title="Hashing", priority="high", params='{"chunk_s": 60}')
    assert response.status_code == 202
    job = response.get_json()
    assert response.headers["Location"] == f"/api/jobs/{job['id']}" == job["links"]["self"]
    assert (job["kind"], job["title"], job["priority"]) == ("lecture", "Hashing", "high")
    assert job["status"] == "queued"
    assert job["params"] == {"chunk_s": 60}
    assert job["source"] == {"filename": "l.mp4", "size": 4}
    assert "lease" not in job["stages"][0]
    run_all(platform)
    assert client.get(f"/api/jobs/{job['id']}").get_json()["status"] == "succeeded"


def test_single_parameters_in_a_form_are_read_as_json(client: FlaskClient) -> None:
    response = send(client, **{"params": '{"chunk_s": 60}', "params.chunk_s": "90"})
    assert response.get_json()["params"] == {"chunk_s": 90}
    problem(send(client, **{"params.chunk_s": "long"}), 422, "params.chunk_s")


def test_an_upload_first_and_the_job_after(client: FlaskClient) -> None:
    upload = client.post("/api/uploads?filename=a/b/../Vorlesung%20%C3%9C.mp4", data=b"x" * 70_000)
    assert upload.status_code == 201
    found = upload.get_json()
    assert (found["filename"], found["size"]) == ("Vorlesung Ü.mp4", 70_000)
    job = client.post("/api/jobs", json={"kind": "lecture", "upload": found["upload_id"]})
    assert job.status_code == 202
    assert job.get_json()["source"]["size"] == 70_000


def test_what_was_sent_before_need_not_be_sent_again(client: FlaskClient, platform: Platform) -> None:
    content = b"film" * 20_000
    asked = {"sha256": hashlib.sha256(content).hexdigest(), "filename": "again.mp4"}
    problem(client.post("/api/uploads/known", json=asked), 404)
    send(client, content)
    known = client.post("/api/uploads/known", json=asked)
    assert known.status_code == 201
    assert (known.get_json()["filename"], known.get_json()["size"]) == ("again.mp4", 80_000)
    job = client.post("/api/jobs", json={"kind": "lecture", "upload": known.get_json()["upload_id"]})
    assert job.get_json()["source"] == {"filename": "again.mp4", "size": 80_000}
    ada = {"Authorization": f"Bearer {give_key(platform.db, 'ada')}"}
    problem(client.post("/api/uploads/known", json=asked, headers=ada), 404)
    problem(client.post("/api/uploads/known", json={"sha256": "F" * 64}), 422, "sha256")
    platform.storage.delete(asked["sha256"])
    problem(client.post("/api/uploads/known", json=asked), 404)


def test_the_same_idempotency_key_makes_one_job(client: FlaskClient) -> None:
    headers = {"Idempotency-Key": "k1"}
    first = client.post("/api/jobs", json={"kind": "ping"}, headers=headers)
    again = client.post("/api/jobs", json={"kind": "ping"}, headers=headers)
    assert (first.status_code, again.status_code) == (202, 200)
    assert first.get_json()["id"] == again.get_json()["id"]
    problem(
        client.post("/api/jobs", json={"kind": "ping", "title": "x"}, headers=headers), 422, "Idempotency-Key"
    )
    problem(
        client.post("/api/jobs", json={"kind": "ping"}, headers={"Idempotency-Key": "k" * 256}),
        422,
        "Idempotency-Key",
    )


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"kind": "film", "upload": "upl_1"}, "kind"),
        ({"kind": "sweep"}, "kind"),  # only the schedule may submit it
        ({"kind": "ping", "params": {"colour": 1}}, "params.colour"),
        ({"kind": "ping", "params": {"chunk_s": "60"}}, "params.chunk_s"),
        ({"kind": "ping", "params": [1]}, "params"),
        ({"kind": "ping", "colour": "red"}, "colour"),
        ({"kind": 7}, "kind"),
        ({"kind": "ping", "title": "x" * 301}, "title"),
        ({"kind": "ping", "priority": "urgent"}, "priority"),
        ({"kind": "lecture"}, "source"),
        ({"kind": "lecture", "upload": "upl_nobody"}, "upload"),
        ({"kind": "lecture", "url": "file:///etc/passwd"}, "url"),
        ({"kind": "lecture", "url": "http://127.0.0.1/x.mp4"}, "url"),
        ({"kind": "lecture", "url": "http://[::1]/x.mp4"}, "url"),
        ({"kind": "lecture", "url": "http://2130706433/x.mp4"}, "url"),
    ],
)
def test_a_wrong_field_is_named(client: FlaskClient, body: dict[str, Any], field: str) -> None:
    problem(client.post("/api/jobs", json=body), 422, field)
    assert client.get("/api/jobs").get_json()["jobs"] == []


def test_every_wrong_field_is_listed(client: FlaskClient) -> None:
    body = problem(client.post("/api/jobs", json={"kind": 7, "colour": "red"}), 422)
    assert {e["field"] for e in body["errors"]} == {"kind", "colour"}
    both = {"kind": "lecture", "upload": "upl_1", "url": "https://example.org/x"}
    assert "not both" in problem(client.post("/api/jobs", json=both), 422)["detail"]


@pytest.mark.parametrize("body", [b"{", b"", b'{"kind": NaN}', b"\xff\xfe", b"[" * 100_000])
def test_what_is_not_json_is_refused(client: FlaskClient, body: bytes) -> None:
    problem(client.post("/api/jobs", data=body, content_type="application/json"), 400)


def test_other_content_types_are_refused(client: FlaskClient) -> None:
    problem(client.post("/api/jobs", data=b"film", content_type="video/mp4"), 415)
    problem(client.post("/api/jobs", json=[1]), 422)


def test_bad_files_are_refused_and_leave_nothing(client: FlaskClient, platform: Platform) -> None:
    problem(send(client, b""), 422, "file")
    problem(send(client, b"x" * 2_000_001), 413)
    problem(send(client, b"x" * 4_000_000), 413)
    problem(send(client, colour="red"), 422, "colour")
    problem(send(client, params="{"), 400, "params")
    problem(send(client, kind="film"), 422, "kind")
    problem(send(client, **{"params.chunk_s": "long"}), 422, "params.chunk_s")
    problem(client.post("/api/jobs", data={"film": (io.BytesIO(b"x"), "l.mp4")}), 422, "film")
    problem(client.post("/api/uploads", data=b""), 422, "file")
    problem(client.post("/api/uploads", data=b"x" * 2_000_001), 413)
    problem(client.post("/api/uploads?name=x", data=b"x"), 422, "name")
    problem(client.post("/api/uploads", data={"note": "x"}, content_type="multipart/form-data"), 422, "file")
    assert stored_files(platform) == 0


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("../../etc/passwd", "passwd"),
        ("C:\\films\\one.mp4", "one.mp4"),
        ("a\x07b\r\nSet-Cookie: x.mp4", "abSet-Cookie: x.mp4"),
        ("..", "recording"),
        ("", "recording"),
        (".hidden.mp4", "hidden.mp4"),
        ("ü" * 300 + ".mp4", "ü" * 125 + ".mp4"),
        ("名" * 90 + ".webm", "名" * 83 + ".webm"),
        ("x" * 400, "x" * 255),
        ("abc\u202e4pm.exe", "abc4pm.exe"),
    ],
)
def test_file_names_are_made_safe(client: FlaskClient, sent: str, kept: str) -> None:
    response = client.post("/api/uploads", query_string={"filename": sent}, data=b"x")
    assert response.get_json()["filename"] == kept
    assert len(kept.encode()) <= 255


def test_a_multipart_file_name_cannot_leave_its_folder(client: FlaskClient) -> None:
    job = send(client, name="../../../" + "n" * 300 + ".mp4").get_json()
    assert json.dumps(job).count("../") == 0
    assert job["source"]["filename"] == "n" * 251 + ".mp4"


def test_a_slow_name_server_does_not_hold_up_a_submission(
    client: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.http.addresses._LOOKUP_S", 0.2)
    monkeypatch.setattr("app.http.addresses.check_public", lambda *_, **__: time.sleep(2))
    began = time.monotonic()
    sent = client.post("/api/jobs", json={"kind": "lecture", "url": "https://example.org/l.mp4"})
    assert sent.status_code == 202
    assert time.monotonic() - began < 1.5
