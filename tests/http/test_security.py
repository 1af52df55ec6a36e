"""What strangers try: headers and paths of their own making, and secrets in logs."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import requests
from flask.testing import FlaskClient
from helpers_http import add_artifact, buffered_client, make_platform

from app import create_app
from app.http.hardening import HEADERS
from app.jobs.platform import Platform
from tests.stack import ROOT, free_port, wait_for

_INJECTED = "Lecture\r\nSet-Cookie: stolen=1\r\n\r\n<script>.mp4"


def new_job(client: FlaskClient, **more: Any) -> str:
    answer = client.post("/api/jobs", json={"kind": "ping"} | more)
    assert answer.status_code == 202, answer.text
    job_id: str = answer.get_json()["id"]
    return job_id


def test_no_header_is_made_of_a_name_that_was_sent(client: FlaskClient, platform: Platform) -> None:
    sent = client.post(f"/api/uploads?filename={quote(_INJECTED)}", data=b"film").get_json()
    assert "\n" not in sent["filename"]
    job_id = new_job(client, kind="lecture", upload=sent["upload_id"])
    add_artifact(platform, job_id, _INJECTED, "text/plain", b"x")
    answers = [
        client.get(f"/api/jobs/{job_id}/recording"),
        client.get(f"/api/jobs/{job_id}/artifacts/{quote(_INJECTED)}"),
        client.post("/api/jobs", json={"kind": "ping"}, headers={"Idempotency-Key": "a\x0bSet-Cookie: b"}),
    ]
    for answer in answers:
        assert answer.status_code < 500
        assert "Set-Cookie" not in answer.headers
        assert all("\n" not in value and "\r" not in value for _, value in answer.headers)


@pytest.mark.parametrize(
    "way", ["../../../../etc/passwd", "..%2f..%2f..%2fetc%2fpasswd", "%2e%2e/%2e%2e/etc/passwd"]
)
@pytest.mark.parametrize(
    "below", ["/static/", "/api/recordings/", "/api/jobs/{job}/artifacts/", "/api/jobs/{job}/slides/"]
)
def test_no_path_leads_out(client: FlaskClient, below: str, way: str) -> None:
    answer = client.get(below.format(job=new_job(client)) + way)
    assert answer.status_code == 404
    assert b"root:" not in answer.data


def test_every_answer_is_hardened(client: FlaskClient) -> None:
    job_id = new_job(client)
    for path in ("/", "/api/docs", "/static/home.js", "/api/jobs", f"/api/jobs/{job_id}", "/api/nothing"):
        answer = client.get(path)
        assert set(HEADERS) <= {(name.lower(), value) for name, value in answer.headers}, path
        assert answer.headers["Content-Security-Policy"] if answer.mimetype != "text/javascript" else True
        if answer.mimetype.endswith("json"):
            assert "private" in answer.headers["Cache-Control"], path
        assert "Strict-Transport-Security" not in answer.headers


def test_a_server_behind_https_says_so(tmp_path: Path) -> None:
    platform = make_platform(tmp_path, public_url="https://lectures.example.org")
    answer = buffered_client(create_app(platform)).get("/api/health/live")
    assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
    platform.db.close()


def said_by_a_server(folder: Path, ready: bytes, secrets: list[str], **environ: str) -> str:
    """The log of a real server at its most talkative, asked this and that with wrong and right keys."""
    port, log = free_port(), folder / "log"
    plain = {k: os.environ[k] for k in ("PATH", "HOME", "LANG") if k in os.environ}
    plain |= {"API_AUTH": "keys", "LOG_LEVEL": "DEBUG", "LECTERN_STATE": str(folder)}
    plain |= {"STORAGE_PATH": str(folder / "files"), "FLOWER_BASIC_AUTH": "admin:pass-of-flower"}
    with log.open("wb") as said:
        command = [sys.executable, "asgi.py", "--port", str(port)]
        process = subprocess.Popen(command, cwd=ROOT, env=plain | environ, stdout=said, stderr=said)
    try:
        wait_for(lambda: ready in log.read_bytes(), 60, "the server says where it stands")
        if (folder / "api_key").exists():
            secrets.append((folder / "api_key").read_text().strip())
        for secret in secrets:
            headers = {"Authorization": f"Bearer {secret}", "Cookie": f"session={secret}"}
            linked = {"url": f"http://user:{secret}@example.org/film.mp4"}
            for method, path in (("GET", "/api/jobs"), ("GET", "/api/jobs/job_1"), ("POST", "/api/jobs")):
                try:
                    requests.request(
                        method, f"http://127.0.0.1:{port}{path}", headers=headers, json=linked, timeout=10
                    )
                except requests.RequestException:
                    continue  # it ended for want of a database; what it said is what counts
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        process.wait(timeout=60)
    return log.read_text(errors="replace")


def test_secrets_never_reach_the_log(tmp_path: Path) -> None:
    secrets = ["lk_" + "wrong-but-all-the-same-a-secret" * 2]
    told = said_by_a_server(tmp_path, b"local_key_made", secrets, USE_CELERY="false")
    assert len(secrets) == 2, "the server has made a key, and it was used"
    for secret in (*secrets, "pass-of-flower"):
        assert secret not in told


def test_passwords_of_servers_never_reach_the_log(tmp_path: Path) -> None:
    """Its database and its Redis are away, which it has much to say about."""
    secrets = ["hunter2-of-the-database", "pass-of-redis", "pass-of-flower"]
    urls = {
        "DATABASE_URL": f"postgresql://somebody:{secrets[0]}@127.0.0.1:1/lectern",
        "REDIS_URL": f"redis://:{secrets[1]}@127.0.0.1:1/0",
    }
    told = said_by_a_server(tmp_path, b"database", secrets, **urls)
    for secret in secrets:
        assert secret not in told
