"""deploy_scalable.sh: understood, understandable, and well-behaved where nothing has been set up."""

from __future__ import annotations

import os
import shutil
import socket
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
        (["bench", "edge_server"], "no benchmark named edge_server"),
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


def test_a_folder_is_no_recording(tmp_path: Path) -> None:
    said = script("demo", str(tmp_path))
    assert said.returncode == 1
    assert f"that is a folder, not a recording: {tmp_path}" in said.stderr


def test_the_benchmarks_that_are_listed_can_be_run() -> None:
    names = script("bench").stdout.splitlines()[1:]
    assert names
    for name in names:
        file, package = ROOT / "benchmarks" / f"{name}.py", ROOT / "benchmarks" / name / "__main__.py"
        assert "__main__" in (file if file.exists() else package).read_text()


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (["--port", "99999"], "99999 is not a port (1–65535)"),
        (["--port", "web"], "web is not a port (1–65535)"),
        (["extra"], "unexpected argument: extra"),
    ],
)
def test_wrong_use_of_local_shows_the_usage_that_was_typed(arguments: list[str], complaint: str) -> None:
    said = run(sys.executable, "-m", "workers.local", "up", *arguments)
    assert said.returncode == 2
    assert complaint in said.stderr
    assert "usage: deploy_scalable.sh local" in said.stderr
    assert "{up" not in said.stderr


def test_wrong_settings_are_a_message_and_exit_code_2(tmp_path: Path) -> None:
    said = run(
        sys.executable, "-m", "workers.local", "up", LECTERN_STATE=str(tmp_path / "s"), USE_CELERY="maybe"
    )
    assert said.returncode == 2
    assert said.stderr.startswith("Wrong settings.\n  USE_CELERY: ")
    assert "Traceback" not in said.stderr


def test_a_taken_port_of_the_api_server_is_one_sentence() -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        said = run(sys.executable, "asgi.py", "--port", str(port), USE_CELERY="false")
    assert said.returncode == 1
    assert said.stderr == f"Port {port} is taken by another program; choose one with --port.\n"


def test_a_reader_that_goes_away_is_no_trouble(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        said = subprocess.run(
            [sys.executable, "-m", "workers.local", "status"],
            cwd=ROOT,
            env=os.environ | {"LECTERN_STATE": str(tmp_path / "none")},
            stdout=writing,
            stderr=subprocess.PIPE,
            text=True,
            timeout=60,
            check=False,
        )
    finally:
        os.close(writing)
    assert (said.returncode, said.stderr) == (3, "")


def test_noise_of_pip_is_left_out_and_its_errors_are_not(capfd: pytest.CaptureFixture[str]) -> None:
    program = "import sys; sys.stderr.write('WARNING: Location x\\nERROR: no such package\\n'); sys.exit(1)"
    with pytest.raises(bootstrap.SetupError, match="exit code 1"):
        bootstrap.run([sys.executable, "-c", program])
    assert capfd.readouterr().err == "ERROR: no such package\n"


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
