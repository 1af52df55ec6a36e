"""Users, keys and groups from the command line, against the real API that wants keys."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from werkzeug.serving import make_server

from app import create_app
from app.accounts import people
from app.jobs.platform import Platform

sys.path.append(str(Path(__file__).parents[1] / "http"))  # its helpers build a platform for tests
from helpers_http import fail_next, make_platform, run_all

pytestmark = pytest.mark.timeout(60)


@pytest.fixture
def platform(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    """With an administrator's key in the environment."""
    (tmp_path / "server").mkdir()
    made = make_platform(tmp_path / "server", max_upload_bytes=2_000_000, api_auth="keys")
    server = make_server("127.0.0.1", 0, create_app(made), threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    admin = people.add_key(made.db, "local", label="first", scopes=people.SCOPES, days=None)
    monkeypatch.setenv("LECTERN_URL", f"http://127.0.0.1:{server.server_port}")
    monkeypatch.setenv("LECTERN_API_KEY", admin.secret)
    yield made
    server.shutdown()
    thread.join()
    server.server_close()
    made.db.close()


def test_users_are_made_listed_and_moved_to_another_tier(lectern, platform, recording):
    made = lectern("users", "add", "Grace Hopper", "--tier", "pro", "--json").document
    assert (made["name"], made["tier"]) == ("Grace Hopper", "pro")
    assert lectern("submit", str(recording), "-q", "--key", made["key"]["secret"]).code == 0
    assert lectern("ls", "-q").out == ""  # the administrator sees no job of theirs
    assert lectern("users", "tier", made["id"], "premium").out.split()[-1] == "premium"
    listed = lectern("users", "list", "--json").document["users"]
    assert (made["id"], "premium") in [(u["id"], u["tier"]) for u in listed]
    assert made["id"] in lectern("users", "list", "-q").out.split()
    refused = lectern("users", "list", "--key", made["key"]["secret"])
    assert (refused.code, "admin" in refused.err) == (4, True)
    assert lectern("users", "tier", "nobody", "pro").code == 3


def test_keys_are_made_rotated_and_revoked_and_secrets_shown_once(lectern, platform):
    user = lectern("users", "add", "Ada", "--json").document
    key = user["key"]["secret"]
    wanted = ("--scope", "read", "--days", "30", "--json", "--key", key)
    made = lectern("keys", "add", "laptop", *wanted).document
    assert lectern("ls", "--key", made["secret"]).code == 0
    listed = lectern("keys", "list", "--key", key)
    assert made["secret"] not in listed.out
    assert made["secret"][:11] in listed.out
    assert "laptop" in listed.out
    new = lectern("keys", "rotate", made["id"], "--key", key, "-q").out.strip()
    assert new.startswith("lk_")
    assert new != made["secret"]
    others = lectern("keys", "add", "given", "--user", user["id"], "--json").document
    assert lectern("keys", "revoke", others["id"]).code == 3  # it is Ada's, not the administrator's
    assert lectern("keys", "revoke", others["id"], "--key", key).code == 0
    assert others["id"] not in lectern("keys", "list", "-q", "--key", key).out.split()
    assert lectern("ls", "--key", others["secret"]).code == 4
    assert lectern("keys", "add", "x", "--scope", "admin", "--key", key).code == 4  # beyond one's own


def test_several_recordings_become_a_group(lectern, platform, recording, tmp_path):
    second = tmp_path / "two.mp4"
    second.write_bytes(recording.read_bytes())
    made = lectern("submit", str(recording), str(second), "--group", "Week 3", "--json").document
    assert (made["name"], made["jobs"]) == ("Week 3", 2)
    again = lectern("submit", str(second), "--group", made["id"], "-q")
    assert again.out.split()[-1] == made["id"]
    fail_next(platform)
    run_all(platform)
    shown = lectern("group", made["id"], "--watch")
    assert shown.code == 1
    assert "3 jobs" in shown.out
    assert "No stream in it can be read." in shown.out
    assert lectern("group", made["id"], "--retry").code == 0
    run_all(platform)
    assert lectern("group", made["id"], "--watch", "-q").out == "ended\n"
    assert lectern("group", made["id"], "--rm").code == 0
    assert lectern("group", made["id"]).code == 3


def test_what_does_not_fit_several_is_said_before_anything_is_sent(lectern, platform, recording, tmp_path):
    for wrong in (["--title", "x"], ["--idempotency-key", "k"], ["--out", str(tmp_path / "out")]):
        refused = lectern("submit", str(recording), str(recording), *wrong)
        assert refused.code == 2
        assert wrong[0] in refused.err
    assert lectern("submit", str(recording), "missing.mp4").code == 2
    assert lectern("submit", str(recording), "--group", "group_none").code == 3
    assert lectern("ls", "-q").out == ""
