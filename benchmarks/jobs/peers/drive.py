"""Drives one peer inside its own environment: `python drive.py MODULE fill N | latency N`.

MODULE has `send(number)`, which submits one no-op job. Prints one line of JSON. Standard library only.
"""

from __future__ import annotations

import importlib
import json
import sys
import time

import tally


def latencies(send: object, count: int) -> list[float]:
    taken = []
    for number in range(count + 5):
        before = tally.read()[0]
        began = time.perf_counter()
        send(number)  # type: ignore[operator]
        while tally.read()[0] == before:
            if time.perf_counter() - began > 30:
                raise SystemExit("a job did not run within 30 s")
            time.sleep(0.0003)
        if number >= 5:  # the first ones open connections
            taken.append(time.perf_counter() - began)
        time.sleep(0.015)
    return taken


def main() -> None:
    module, what, count = sys.argv[1], sys.argv[2], int(sys.argv[3])
    peer = importlib.import_module(module)
    if what == "fill":
        for number in range(count):
            peer.send(number)
        print(json.dumps({"sent": count}))
    else:
        print(json.dumps({"latencies": latencies(peer.send, count)}))


if __name__ == "__main__":
    main()
