"""Does the server keep to its own description, whatever it is sent?

    ./deploy_scalable.sh bench contract [--requests 5000] [--seed 1]

Starts an empty embedded Lectern that asks for keys, has it make one real lecture, and lets schemathesis loose
on it: requests that the OpenAPI document allows and requests that it forbids, to every operation, again and
again with other seeds until there were as many as asked for. In every second round what reads is asked about
the finished lecture. A failure is an answer of 500 or above, one that the document does not tell of, a
forbidden request that was taken, or a missing key that did no harm. The last line is one line of JSON; exit
code 1 if anything failed.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import requests

from benchmarks.embedded import lectern
from benchmarks.environment import ROOT

_GENERATED = re.compile(r"(\d+) generated")
_MINUTE_S = 61.0  # a round asks about 100 times without a key, which is what strangers may do in a minute
# The document cannot say all that is checked (that an upload must exist), so allowed requests may be refused.
_UNCHECKED = "positive_data_acceptance"


def finished_job(url: str, headers: dict[str, str]) -> str:
    """The id of a real lecture's job, waited for."""
    with (ROOT / "samples" / "lecture.mp4").open("rb") as file:
        answer = requests.post(f"{url}/api/jobs", files={"file": file}, headers=headers, timeout=60)
    answer.raise_for_status()
    job = answer.json()
    while job["status"] in ("queued", "running"):
        known = {"wait": "30", "version": job["version"]}
        job = requests.get(f"{url}/api/jobs/{job['id']}", params=known, headers=headers, timeout=60).json()
    if job["status"] != "succeeded":
        raise SystemExit(f"The lecture did not succeed: {job['error']}")
    return str(job["id"])


def known_values(url: str, headers: dict[str, str], job_id: str) -> dict[str, object]:
    """Path parameters that lead to something."""
    slides = requests.get(f"{url}/api/jobs/{job_id}/slides", headers=headers, timeout=30).json()["slides"]
    return {"path.job_id": job_id, "path.name": "study_guide.md", "path.number": slides[0]["number"]}


def round_of(
    url: str, key: str, seed: int, examples: int, folder: Path, known: dict[str, object] | None
) -> tuple[int, str]:
    """(requests, what failed) of one run of schemathesis; with `known`, of reading what is there."""
    config = folder / "schemathesis.toml"
    lines = [f'"{name}" = {json.dumps(value)}' for name, value in (known or {}).items()]
    config.write_text("[parameters]\n" + "\n".join(lines) + "\n" if lines else "")
    command = [
        *(sys.executable, "-m", "schemathesis.cli", "--config-file", str(config), "run"),
        f"{url}/api/openapi.json",
        *("-H", f"Authorization: Bearer {key}", "--seed", str(seed), "-n", str(examples)),
        *("--continue-on-failure", "--exclude-checks", _UNCHECKED, "--request-timeout", "60"),
        *("--suppress-health-check", "all", "--warnings", "off", "--no-color"),
    ]
    # The stream of a job that waits for ever would be waited for: streams are read of the finished one only.
    command += ["--include-method", "GET"] if known else ["--exclude-path-regex", "/events$"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    found = _GENERATED.search(done.stdout)
    requests_made = int(found[1]) if found else 0
    return requests_made, "" if done.returncode == 0 else done.stdout + done.stderr


def main(arguments: list[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="bench contract", description=__doc__)
    parser.add_argument("--requests", type=int, default=5000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--examples", type=int, default=60, help="of each operation and phase in a round")
    options = parser.parse_args(arguments)
    sent, failures, rounds = 0, 0, 0
    with lectern(API_AUTH="keys") as server, tempfile.TemporaryDirectory() as folder:
        key = (server.folder / "api_key").read_text().strip()
        headers = {"Authorization": f"Bearer {key}"}
        known = known_values(server.url, headers, finished_job(server.url, headers))
        while sent < options.requests:
            if rounds:
                time.sleep(_MINUTE_S)
            about = known if rounds % 2 else None
            made, said = round_of(
                server.url, key, options.seed + rounds, options.examples, Path(folder), about
            )
            if said:
                failures += 1
                print(said)
            if not made:
                raise SystemExit("No request was made.")
            sent, rounds = sent + made, rounds + 1
            print(f"round {rounds}: {made} requests, {sent} in all", flush=True)
    print(json.dumps({"requests": sent, "rounds": rounds, "failed_rounds": failures}))
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
