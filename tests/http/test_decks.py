"""A deck handed in beside a recording: taken in each way, checked, given back, kept from collection."""

from __future__ import annotations

import io
import os
import zipfile
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import update
from test_submitting import problem, stored_files
from werkzeug.test import TestResponse

from app.jobs.platform import Platform
from app.store import files
from app.store.models import File, Upload

PDF = b"%PDF-1.7\n" + b"1 0 obj\n" * 100


def pptx(part: str = "ppt/presentation.xml") -> bytes:
    package = io.BytesIO()
    with zipfile.ZipFile(package, "w", zipfile.ZIP_DEFLATED) as file:
        for name in ("[Content_Types].xml", part):
            file.writestr(name, "<x/>")
    return package.getvalue()


def send(client: FlaskClient, deck: bytes, name: str = "deck.pdf", **fields: Any) -> TestResponse:
    files = {"file": (io.BytesIO(b"film"), "l.mp4"), "deck": (io.BytesIO(deck), name)}
    return client.post("/api/jobs", data=files | fields)


def uploaded(client: FlaskClient, content: bytes, name: str) -> str:
    answer = client.post("/api/uploads", query_string={"filename": name}, data=content)
    return str(answer.get_json()["upload_id"])


@pytest.mark.parametrize(
    ("content", "name", "kind"),
    [
        (PDF, "Week 3.pdf", "application/pdf"),
        (pptx(), "w.pptx", "application/vnd.openxmlformats-officedocument.presentationml.presentation"),
    ],
)
def test_a_deck_is_taken_and_given_back(client: FlaskClient, content: bytes, name: str, kind: str) -> None:
    job = send(client, content, name).get_json()
    assert job["deck"] == {"filename": name, "size": len(content)}
    answer = client.get(job["links"]["deck"])
    assert (answer.data, answer.mimetype) == (content, kind)
    assert client.get("/api/jobs/" + job["id"]).get_json()["deck"]["filename"] == name


def test_a_job_without_a_deck_says_so(client: FlaskClient) -> None:
    job = client.post("/api/jobs", data={"file": (io.BytesIO(b"film"), "l.mp4")}).get_json()
    assert job["deck"] is None
    problem(client.get(job["links"]["deck"]), 404)


def test_as_json_by_upload_or_address(client: FlaskClient) -> None:
    film, deck = uploaded(client, b"film", "l.mp4"), uploaded(client, PDF, "d.pdf")
    job = client.post("/api/jobs", json={"upload": film, "deck": deck}).get_json()
    assert job["deck"]["filename"] == "d.pdf"
    linked = {"upload": film, "deck_url": "https://93.184.216.34/d.pdf"}
    assert client.post("/api/jobs", json=linked).get_json()["deck"] == {"url": linked["deck_url"]}
    both = {"upload": film, "deck": deck, "deck_url": "https://example.org/d.pdf"}
    problem(client.post("/api/jobs", json=both), 422)
    problem(client.post("/api/jobs", json={"upload": film, "deck_url": "http://127.0.0.1/d.pdf"}), 422)


@pytest.mark.parametrize(
    "content", [b"These are my slides.", pptx("word/document.xml"), b"\x89PNG\r\n\x1a\n"]
)
def test_what_is_no_deck_is_refused_before_any_work(client: FlaskClient, content: bytes) -> None:
    assert "neither a PDF nor a PPTX" in problem(send(client, content), 422, "deck")["detail"]
    film, deck = uploaded(client, b"film", "l.mp4"), uploaded(client, content, "d.pdf")
    problem(client.post("/api/jobs", json={"upload": film, "deck": deck}), 422, "deck")
    assert client.get("/api/jobs").get_json()["jobs"] == []


def test_empty_twice_too_large_or_unknown(client: FlaskClient, platform: Platform) -> None:
    problem(send(client, b""), 422, "deck")
    problem(send(client, PDF, deck_url="https://example.org/d.pdf"), 422, "deck_url")
    film = uploaded(client, b"film", "l.mp4")
    problem(client.post("/api/jobs", json={"upload": film, "deck": "upl_none"}), 422, "deck")
    object.__setattr__(platform.settings, "max_deck_bytes", 100)
    problem(send(client, PDF), 413, "deck")
    assert stored_files(platform) <= 2  # the film, and decks that were only uploaded


def test_a_kind_that_takes_none_refuses_it(client: FlaskClient) -> None:
    deck = uploaded(client, PDF, "d.pdf")
    problem(client.post("/api/jobs", json={"kind": "ping", "deck": deck}), 422, "deck")


def test_another_deck_is_another_request(client: FlaskClient) -> None:
    film, a, b = (uploaded(client, c, "x") for c in (b"film", PDF, PDF + b"x"))
    key = {"Idempotency-Key": "k"}
    first = client.post("/api/jobs", json={"upload": film, "deck": a}, headers=key)
    again = client.post("/api/jobs", json={"upload": film, "deck": a}, headers=key)
    assert (first.status_code, again.status_code) == (202, 200)
    problem(client.post("/api/jobs", json={"upload": film, "deck": b}, headers=key), 422, "Idempotency-Key")


def test_a_jobs_deck_is_never_collected(client: FlaskClient, platform: Platform) -> None:
    job = send(client, PDF).get_json()
    with platform.db.write() as conn:
        files.expire_uploads(conn, -(10**15))
        conn.execute(update(File).values(touched_at=1))
        assert conn.execute(Upload.__table__.select()).all() == []
        assert files.collectable(conn, 1, 10) == []
    for digest, _ in platform.storage.digests():
        os.utime(platform.storage.path(digest), (1, 1))
    assert client.get(job["links"]["deck"]).data == PDF
