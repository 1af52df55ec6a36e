"""A small real HTTP server that speaks the API's contract, keeps state, and can be told to misbehave."""

from __future__ import annotations

import json
import threading
import time
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

Json = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n" + bytes(64)

LISTING = [
    {"start_s": 0.0, "end_s": 60.0, "slide_id": "s001", "image": "slides/slide_0001.png"},
    {"start_s": 60.0, "end_s": 90.0, "slide_id": "s002", "image": "slides/slide_0002.jpg"},
    {"start_s": 90.0, "end_s": 120.0, "slide_id": "s001", "image": "slides/slide_0001.png"},
]
SENTENCES = [{"text": f"Sentence {i}.", "start_s": i * 10.0, "end_s": i * 10.0 + 9} for i in range(12)]
RESULTS = {
    "slides.json": json.dumps(LISTING).encode(),
    "slides.pdf": b"%PDF-1.7 slides",
    "transcript.json": json.dumps({"sentences": SENTENCES, "duration_s": 120.0}).encode(),
    "captions.vtt": b"WEBVTT\n\n00:00.000 --> 00:09.000\nSentence 0.\n",
    "captions.srt": b"1\n00:00:00,000 --> 00:00:09,000\nSentence 0.\n",
    "chapters.vtt": b"WEBVTT\n\n00:00.000 --> 01:00.000\nOne\n\n01:00.000 --> 02:00.000\nTwo\n",
    "study_guide.pdf": b"%PDF-1.7 guide",
    "study_guide.md": b"# Guide\n",
    "study_guide.html": b"<h1>Guide</h1>",
    "terms.json": json.dumps({"terms": [{"term": "hash"}, {"term": "bucket"}, {"term": "load"}]}).encode(),
    "inner_notes.json": b"{}",
}


def stage(number: int, name: str, state: str, progress: float = 0.0, **more: Any) -> Json:
    ended = state in ("succeeded", "failed")
    return {
        "id": number, "name": name, "chunk": 0, "state": state, "queue": "default",
        "progress": 1.0 if state == "succeeded" else progress, "failures": 0, "losses": 0, "worker": None,
        "started_at": "2026-11-01T10:00:00.000Z" if ended or state == "running" else None,
        "ended_at": "2026-11-01T10:00:12.500Z" if ended else None, "error": None, "weight": 1.0, **more,
    }  # fmt: skip


def document(job_id: str, status: str, version: int, stages: list[Json], **more: Any) -> Json:
    ended = status in ("succeeded", "failed", "cancelled")
    return {
        "id": job_id, "kind": "lecture", "status": status, "title": "A lecture", "priority": 1, "params": {},
        "source": {}, "version": version, "created_at": "2026-11-01T10:00:00.000Z", "started_at": None,
        "ended_at": "2026-11-01T10:00:30.000Z" if ended else None, "error": None, "warnings": [],
        "stages": stages, "progress": 1.0 if ended else 0.4, **more,
    }  # fmt: skip


def good_run(job_id: str) -> list[Json]:
    """The documents of a job that goes well, in order; the last one stays."""
    a, b = "extract_slides", "transcribe_chunk"
    return [
        document(job_id, "queued", 1, [stage(1, a, "ready")]),
        document(job_id, "running", 2, [stage(1, a, "running", 0.3, note="reading frames")]),
        document(job_id, "running", 2, [stage(1, a, "running", 0.6, note="reading frames")]),
        document(
            job_id,
            "running",
            3,
            [stage(1, a, "succeeded"), stage(2, b, "succeeded"), stage(3, b, "running", 0.5)],
        ),
        document(
            job_id, "succeeded", 4, [stage(1, a, "succeeded"), *(stage(n, b, "succeeded") for n in (2, 3))]
        ),
    ]


@dataclass
class Seen:
    method: str
    path: str
    headers: dict[str, str]
    size: int
    body: Json | None


@dataclass
class Contract:
    """State of the server; `faults[(method, path prefix)]` holds what to do to the next such requests."""

    url: str = ""
    script: Callable[[str], list[Json]] = good_run
    results: dict[str, bytes] = field(default_factory=lambda: dict(RESULTS))
    jobs: dict[str, deque[Json]] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    uploads: dict[str, Json] = field(default_factory=dict)
    seen: list[Seen] = field(default_factory=list)
    faults: dict[tuple[str, str], deque[str]] = field(default_factory=dict)
    health: str = "ok"
    hold: bool = False  # jobs do not move on

    def fault(self, method: str, path: str) -> str | None:
        """Of the longest prefix that fits."""
        fits = [key for key in self.faults if key[0] == method and path.startswith(key[1])]
        queue = self.faults[max(fits, key=lambda key: len(key[1]))] if fits else None
        return queue.popleft() if queue else None

    def asked(self, method: str, path: str) -> list[Seen]:
        return [s for s in self.seen if s.method == method and s.path == path]


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and content of an answer leave together
    contract: Contract

    def log_message(self, format: str, *args: Any) -> None:
        pass

    def do_GET(self) -> None:
        self._serve("GET")

    def do_POST(self) -> None:
        self._serve("POST")

    def do_DELETE(self) -> None:
        self._serve("DELETE")

    def _serve(self, method: str) -> None:
        parts = urlsplit(self.path)
        self.query = {k: v[0] for k, v in parse_qs(parts.query).items()}
        size, body = self._body(parts.path)
        seen = Seen(method, parts.path, {k.lower(): v for k, v in self.headers.items()}, size, body)
        self.contract.seen.append(seen)
        self.fault = self.contract.fault(method, parts.path)
        if self.fault and self.fault.isdigit():
            more = {"Retry-After": "0"} if self.fault in ("503", "429") else {}
            return self._problem(int(self.fault), "Not just now.", **more)
        if self.fault == "html":
            return self._send(200, b"<html>another program</html>", "text/html")
        with suppress(KeyError):
            return self._route(method, parts.path.strip("/").split("/")[1:], seen)
        self._problem(404, "There is no such job.")

    def _body(self, path: str) -> tuple[int, Json | None]:
        left = size = int(self.headers.get("Content-Length") or 0)
        kept = b""
        while left:
            block = self.rfile.read(min(left, 65536))
            if not block:
                break
            left -= len(block)
            if path != "/api/uploads":
                kept += block
        return size - left, json.loads(kept) if kept else None

    def _route(self, method: str, path: list[str], seen: Seen) -> None:
        c = self.contract
        match method, path:
            case "POST", ["uploads"]:
                name = f"up_{len(c.uploads)}"
                c.uploads[name] = {"filename": self.query["filename"], "size": seen.size}
                self._json(201, {"upload_id": name, "filename": self.query["filename"], "size": seen.size})
            case "POST", ["uploads", "known"]:
                self._problem(404, "You have sent nothing like this yet.")
            case "POST", ["jobs"]:
                self._submit(seen)
            case "GET", ["jobs"]:
                self._list()
            case "GET", ["jobs", job]:
                self._status(c.jobs[job])
            case "GET", ["jobs", job, "artifacts"]:
                assert c.jobs[job]
                listed = [{"name": n, "size": len(v), "media_type": "x/y"} for n, v in c.results.items()]
                self._json(200, {"artifacts": listed})
            case "GET", ["jobs", job, "artifacts", name]:
                assert c.jobs[job]
                self._send(200, c.results[name], "application/octet-stream")
            case "GET", ["jobs", job, "slides"]:
                assert c.jobs[job]
                known = "slides.json" in c.results and json.loads(c.results["slides.json"])
                self._json(200, {"slides": [{"number": n, "image": "…"} for n in ((1, 2) if known else ())]})
            case "GET", ["jobs", _, "slides", number, "image"]:
                self._send(200, PNG + number.encode(), "image/png")
            case "GET", ["jobs", _, "metrics"]:
                self._json(200, {"metrics": [{"stage": "prepare", "processing_time": 0.5}]})
            case "POST", ["jobs", job, "cancel" | "retry" as verb]:
                last = c.jobs[job][-1]
                if verb == "cancel" and last["status"] == "cancelled":
                    return self._problem(409, "This job has already ended (cancelled).")
                status = {"cancel": "cancelled", "retry": "queued"}[verb]
                c.jobs[job] = deque([{**last, "status": status}])
                self._json(202, c.jobs[job][0])
            case "DELETE", ["jobs", job]:
                del c.jobs[job]
                self._send(204, b"", "text/plain")
            case "GET", ["health"]:
                parts = {"database": {"status": c.health, "detail": "" if c.health == "ok" else "refused"}}
                self._json(200 if c.health == "ok" else 503, {"status": c.health, "components": parts})
            case _:
                raise KeyError(path)

    def _submit(self, seen: Seen) -> None:
        c = self.contract
        key, body = seen.headers.get("idempotency-key", ""), seen.body or {}
        if body.get("kind") != "lecture":
            return self._problem(422, "There is no kind of job named so.", field="kind")
        job = c.keys.get(key)
        if job is None:
            job = f"job_{len(c.jobs)}"
            c.jobs[job] = deque(c.script(job))
            if key:
                c.keys[key] = job
        self._json(202, c.jobs[job][0])

    def _list(self) -> None:
        found = [
            d[0] for d in self.contract.jobs.values() if self.query.get("status") in (None, d[0]["status"])
        ]
        start, limit = int(self.query.get("cursor", 0)), int(self.query["limit"])
        more = start + limit < len(found)
        self._json(
            200, {"jobs": found[start : start + limit], "next_cursor": str(start + limit) if more else None}
        )

    def _status(self, documents: deque[Json]) -> None:
        if "wait" in self.query:
            if self.contract.hold:
                time.sleep(0.2)
            elif len(documents) > 1:
                documents.popleft()
        self._json(200, documents[0])

    def _json(self, status: int, value: Json) -> None:
        self._send(status, json.dumps(value).encode(), "application/json")

    def _problem(self, status: int, detail: str, *, field: str | None = None, **headers: str) -> None:
        value = {"title": "Problem", "status": status, "detail": detail} | ({"field": field} if field else {})
        self._send(status, json.dumps(value).encode(), "application/problem+json", **headers)

    def _send(self, status: int, content: bytes, media_type: str, **headers: str) -> None:
        asked = self.headers.get("Range")
        if asked and status == 200:
            start = int(asked.removeprefix("bytes=").rstrip("-"))
            status, content = 206, content[start:]
        if self.fault == "drop":  # it was done, but the answer gets lost
            self.close_connection = True
            return
        self.send_response(status)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        if self.fault == "half":
            self.close_connection = True
            content = content[: len(content) // 2]
        self.wfile.write(content)


class ContractServer:
    """Use as a context manager; gives the Contract."""

    def __enter__(self) -> Contract:
        contract = Contract()
        handler = type("Handler", (_Handler,), {"contract": contract})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))
        self._thread.start()
        contract.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        return contract

    def __exit__(self, *exc: object) -> None:
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()
