"""Where the API may listen: without keys on this machine only."""

from __future__ import annotations

from pathlib import Path

import pytest

import asgi


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7", "::", "lectern.example"])
def test_without_keys_nobody_else_is_listened_to(
    host: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name, value in {
        "USE_CELERY": "false", "LECTERN_STATE": str(tmp_path), "API_AUTH": "local",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    assert asgi.main(["--host", host, "--port", "1"]) == 2
    assert "API_AUTH=local" in capsys.readouterr().err


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2", "::1", "localhost"])
def test_this_machine_is(host: str) -> None:
    assert asgi._only_this_machine(host)
