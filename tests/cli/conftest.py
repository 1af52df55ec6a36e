from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from contract_server import Contract, ContractServer

from app.cli.main import main


@dataclass
class Ran:
    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def server() -> Iterator[Contract]:
    with ContractServer() as contract:
        yield contract


@pytest.fixture
def lectern(
    server: Contract, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Callable[..., Ran]:
    """Run the command in this process against the contract server, with no settings of the machine."""
    monkeypatch.delenv("LECTERN_API_KEY", raising=False)
    monkeypatch.setenv("LECTERN_STATE", str(tmp_path / "state"))
    monkeypatch.setenv("LECTERN_URL", server.url)

    def run(*argv: str) -> Ran:
        capsys.readouterr()
        try:
            code = main(list(argv))
        except SystemExit as error:
            code = error.code if isinstance(error.code, int) else 1
        captured = capsys.readouterr()
        assert "Traceback" not in captured.out + captured.err
        return Ran(code, captured.out, captured.err)

    return run


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    path = tmp_path / "lecture one.mp4"
    path.write_bytes(b"not looked at by the client" * 4000)
    return path
