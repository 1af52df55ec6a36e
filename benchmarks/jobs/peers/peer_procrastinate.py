"""Procrastinate: jobs are rows in PostgreSQL, and so are their starts and ends."""

import os

import procrastinate
import tally

_connector = procrastinate.PsycopgConnector(conninfo=os.environ["BENCH_DATABASE"])
app = procrastinate.App(connector=_connector)
_sync = procrastinate.App(connector=procrastinate.SyncPsycopgConnector(conninfo=os.environ["BENCH_DATABASE"]))
_opened = []


@app.task(name="noop", queue="bench")
async def noop(_number: int) -> None:
    tally.hit()


def send(number: int) -> None:
    if not _opened:
        _sync.open()
        _opened.append(True)
    _sync.configure_task("noop", queue="bench", allow_unknown=True).defer(_number=number)
