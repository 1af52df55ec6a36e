"""deploy_scalable.sh: understood, understandable, and well-behaved where nothing has been set up."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy import bootstrap
from deploy.files import ROOT

SCRIPT = ROOT / "deploy_scalable.sh"


def run(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(arguments[0]), *arguments[1:]],
        cwd=cwd,
        env=os.environ | env,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def script(*arguments: str, cwd: Path = ROOT, **env: str) -> subprocess.CompletedProcess[str]:
    return run(str(SCRIPT), *arguments, cwd=cwd, **env)


def test_shellcheck_has_nothing_to_say() -> None:
    shellcheck = Path(sys.executable).with_name("shellcheck")
    if not shellcheck.exists():
        pytest.skip("no wheel of shellcheck for this platform")
    for path in (SCRIPT, ROOT / ".ci" / "run"):
        said = run(str(shellcheck), str(path))
        assert said.returncode == 0, said.stdout


def test_help_names_every_command(tmp_path: Path) -> None:
    said = script("--help", cwd=tmp_path)
    assert said.returncode == 0
    for command in ["setup", "local", "stop", "status", "demo", "test", "bench", "docker", "render"]:
        assert f"\n  {command}" in said.stdout


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["lokal"], "unknown command: lokal"),
        ([], "Usage"),
        (["setup", "now"], "unexpected argument: now"),
        (["stop", "all"], "unexpected argument: all"),
        (["demo", "--out"], "--out needs a folder"),
        (["demo", "--fast"], "unknown option: --fast"),
        (["demo", "a.mp4", "b.mp4"], "one recording only"),
        (["bench", "nonesuch"], "no benchmark named nonesuch"),
    ],
)
def test_wrong_use_is_told_apart(arguments: list[str], complaint: str) -> None:
    said = script(*arguments)
    assert said.returncode == 2
    assert complaint in said.stderr


def test_a_recording_is_looked_for_where_the_caller_is(tmp_path: Path) -> None:
    said = script("demo", "talk.mp4", cwd=tmp_path)
    assert said.returncode == 1
    assert f"no such recording: {tmp_path}/talk.mp4" in said.stderr


def test_status_of_a_stack_that_never_ran(tmp_path: Path) -> None:
    said = script("status", LECTERN_STATE=str(tmp_path / "none"))
    assert said.returncode == 3
    assert "not running" in said.stdout


def test_without_a_python_that_is_new_enough(tmp_path: Path) -> None:
    for tool in ("bash", "dirname", "env"):
        found = shutil.which(tool)
        assert found
        (tmp_path / tool).symlink_to(found)
    old = tmp_path / "python3"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    said = script("setup", PATH=str(tmp_path))
    assert said.returncode == 1
    assert "no Python 3.11 or newer" in said.stderr


def test_ci_runs_the_command_of_the_readme() -> None:
    last = (ROOT / ".ci" / "run").read_text().strip().splitlines()[-1]
    assert last == "./deploy_scalable.sh test"


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose setup is complete, as far as setup can tell."""
    for name in bootstrap.DECISIVE:
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(name)
    (tmp_path / ".venv" / "bin").mkdir(parents=True)
    (tmp_path / ".venv" / "bin" / "lectern").touch()
    monkeypatch.setattr(bootstrap, "ROOT", tmp_path)
    monkeypatch.setattr(bootstrap, "VENV", tmp_path / ".venv")
    monkeypatch.setattr(bootstrap, "PYTHON", Path(sys.executable))
    monkeypatch.setattr(bootstrap, "STAMP", tmp_path / ".venv" / "stamp.json")
    bootstrap.write_stamp()
    return tmp_path


def test_a_complete_setup_is_not_repeated(checkout: Path) -> None:
    assert bootstrap.up_to_date()


@pytest.mark.parametrize("name", bootstrap.DECISIVE)
def test_a_change_of_what_decides_repeats_it(checkout: Path, name: str) -> None:
    (checkout / name).write_text("changed")
    assert not bootstrap.up_to_date()


def test_a_lost_command_or_a_moved_checkout_repeats_it(
    checkout: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = tmp_path_factory.mktemp("moved") / "checkout"
    shutil.copytree(checkout, moved)
    with monkeypatch.context() as patch:
        patch.setattr(bootstrap, "ROOT", moved)
        assert not bootstrap.up_to_date()
    (checkout / ".venv" / "bin" / "lectern").unlink()
    assert not bootstrap.up_to_date()


def test_ocr_data_is_found_where_the_environment_says(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bootstrap, "TESSDATA", ())
    monkeypatch.setenv("TESSDATA_PREFIX", str(tmp_path))
    assert not bootstrap.ocr_data_found()
    (tmp_path / "eng.traineddata").touch()
    assert bootstrap.ocr_data_found()
