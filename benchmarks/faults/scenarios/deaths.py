"""Processes that die, freeze or are replaced."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from functools import partial
from typing import Any

from benchmarks.faults.load import Stream
from benchmarks.faults.proxy import Proxy
from benchmarks.faults.rig import Rig
from benchmarks.faults.scenarios import Size
from benchmarks.lab.stack import ROOT, free_port, wait_for

MIX: list[tuple[str, dict[str, Any]]] = [
    *[("doze", {})] * 4,
    ("note", {}),
    ("file", {}),
    ("chain", {}),
    ("write", {"seconds": 2.0}),
]


def kills(rig: Rig, size: Size) -> dict[str, Any]:
    """SIGKILL for whoever runs a stage just now; each sixth time for a whole worker, then started anew."""
    wanted = size.of(3, 25, 200)
    children = whole = 0
    with Stream(rig.load, MIX, per_s=size.of(3.0, 2.0, 2.0)) as stream:
        while children + whole < wanted:
            # a whole worker only when all others run again: whoever restarts it would wait, too
            pid = _busy(rig)
            all_there = all(rig.is_ready(name) for name in rig.worker_names())
            everybody = (children + whole) % 6 == size.of(1, 5, 5)
            if pid is None or (everybody and not all_there):
                time.sleep(0.1)
                continue
            if everybody:
                rig.kill_worker(next(n for n in rig.worker_names() if pid in rig.pool_children(n)))
                rig.start_worker(wait=False)
                whole += 1
            else:
                rig.kill(pid)
                children += 1
            time.sleep(random.uniform(0.2, size.of(0.6, 1.0, 1.2)))
    rig.settle()
    taken = rig.recoveries()
    assert taken, "no kill hit a running stage"
    return {
        "kills": children + whole,
        "whole": whole,
        "jobs": stream.sent,
        "hit": len(taken),
        "recoveries": taken,
    }


def _busy(rig: Rig) -> int | None:
    """A pool child that runs a stage."""
    held = rig.query(
        "SELECT worker FROM stages WHERE state = 'running' AND lease_until > extract(epoch from now()) * 1e6"
    )
    alive = {pid for name in rig.worker_names() for pid in rig.pool_children(name)}
    busy = [pid for (worker,) in held if (pid := int(worker.rpartition("/")[2])) in alive]
    return random.choice(busy) if busy else None


def between_commit_and_publish(rig: Rig, size: Size) -> dict[str, Any]:
    """A submitter that commits its job, marks its stage as published and dies before it sends the message."""
    count = size.of(2, 5, 20)
    environ = rig.stack.environ
    for _ in range(count):
        done = subprocess.run(
            [sys.executable, "-m", "benchmarks.faults.dying_submitter", str(rig.load.notes)],
            cwd=ROOT,
            env=environ,
            capture_output=True,
            check=False,
            timeout=120,
        )
        assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    noted = [line.split("\t") for line in rig.load.notes.read_text().splitlines()[-count:]]
    rig.settle(60)
    started = rig.first_claims([i for i, _ in noted])
    return {"jobs": count, "recoveries": [(started[i] - int(died)) / 1e6 for i, died in noted]}


def frozen(rig: Rig, size: Size) -> dict[str, Any]:
    """SIGSTOP for a whole worker until its stage was taken away and finished; then SIGCONT."""
    refused = 0
    rounds = size.of(1, 3, 10)
    for _ in range(rounds):
        job_id = rig.load.post("doze")
        holder = wait_for(partial(_holder, rig, job_id), 30, "the stage runs", every_s=0.05)
        tree = _tree(rig.stack.running[holder].pid)
        for pid in tree:
            _signal(pid, signal.SIGSTOP)
        wait_for(partial(rig.succeeded, [job_id]), 90, "another worker takes the stage and ends it")
        before = _refusals(rig, holder)
        more = partial(_more_refusals, rig, holder, before)
        for pid in tree:
            _signal(pid, signal.SIGCONT)
        wait_for(more, 60, "the late finish is refused")
        refused += 1
    rig.settle()
    return {"frozen": rounds, "refused": refused}


def _holder(rig: Rig, job_id: str) -> str | None:
    """The worker whose pool runs the job just now."""
    held = rig.query("SELECT worker FROM stages WHERE job_id = %s AND state = 'running'", job_id)
    pids = [int(worker.rpartition("/")[2]) for (worker,) in held]
    return next((n for n in rig.worker_names() if set(pids) & set(rig.pool_children(n))), None)


def _refusals(rig: Rig, worker: str) -> int:
    """How often the worker's log says that a lease was gone: refused, or noticed before it was tried."""
    text = (rig.folder / f"{worker}.log").read_text(errors="replace")
    return text.count("stage.finish_refused") + text.count("lease.lost")


def _more_refusals(rig: Rig, worker: str, than: int) -> bool:
    return _refusals(rig, worker) > than


def _tree(pid: int) -> list[int]:
    from pathlib import Path

    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(p for child in children for p in _tree(int(child)))]


def _signal(pid: int, number: int) -> None:
    try:
        os.kill(pid, number)
    except ProcessLookupError:
        return  # it had just ended


def rolling_restart(rig: Rig, size: Size) -> dict[str, Any]:
    """Each API behind a balancer, and each worker, is replaced in turn, while jobs come in."""
    rounds = size.of(1, 1, 3)
    stack, old_port = rig.stack, rig.stack.port
    ports = [stack.port, free_port()]
    stack.start("api-2", *stack.roots.api, "--port", str(ports[1]))
    balancer = Proxy(ports)
    for port in ports:
        wait_for(partial(_answers, rig, port), 120, "both APIs answer")
    stack.url = f"http://127.0.0.1:{balancer.port}"
    rig.load.refused.clear()
    names = {ports[0]: "api", ports[1]: "api-2"}
    try:
        with Stream(rig.load, MIX, per_s=size.of(4.0, 4.0, 6.0)) as stream:
            for _ in range(rounds):
                for port, name in names.items():
                    balancer.targets = [p for p in ports if p != port]
                    wait_for(partial(_idle, balancer, port), 30, "the old API has no request left")
                    _replace(rig, name, *stack.roots.api, "--port", str(port))
                    wait_for(partial(_answers, rig, port), 120, "the new API answers")
                    balancer.targets = ports
                for name in rig.worker_names():
                    rig.start_worker()
                    gone = stack.running.pop(name)
                    gone.send_signal(signal.SIGTERM)
                    assert gone.wait(90) == 128 + signal.SIGTERM
            refused = dict(rig.load.refused)
    finally:
        stack.url = f"http://127.0.0.1:{old_port}"
        balancer.targets = ports[:1]
        stack.running["api-2"].send_signal(signal.SIGTERM)
        stack.running.pop("api-2").wait(30)
        balancer.close()
    rig.settle()
    losses = rig.query("SELECT coalesce(sum(losses), 0), coalesce(sum(failures), 0) FROM stages")[0]
    return {
        "restarts": rounds * 4,
        "jobs": stream.sent,
        "failed_requests": sum(refused.values()),
        "refused": refused,
        "losses": int(losses[0]),
        "failures": int(losses[1]),
    }


def _replace(rig: Rig, name: str, *arguments: str) -> None:
    gone = rig.stack.running.pop(name)
    gone.send_signal(signal.SIGTERM)
    gone.wait(60)
    rig.stack.start(name, *arguments)


def _idle(balancer: Proxy, port: int) -> bool:
    return not balancer.active.get(port)


def _answers(rig: Rig, port: int) -> bool:
    import requests

    try:
        return requests.get(f"http://127.0.0.1:{port}/api/health/live", timeout=5).ok
    except requests.RequestException:
        return False
