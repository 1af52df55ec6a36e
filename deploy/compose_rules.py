"""What must hold for docker-compose.yml: the Compose schema, and rules that no schema knows."""

from __future__ import annotations

import importlib.resources
import json
import re
from collections.abc import Iterator
from typing import Any

from jsonschema import Draft202012Validator  # type: ignore[import-untyped]

from deploy.files import profile_of, unknown_settings, unserved_queues

DRAIN_S = 30  # how long a worker may take to hand its stage back
_DURATION = re.compile(r"(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?")


def problems(document: dict[str, Any]) -> list[str]:
    """One sentence for each rule that is broken, schema first; empty when all is well."""
    found = [*_schema(document)]
    if found:
        return found  # the rules below count on the shape
    for name, service in document["services"].items():
        found += [f"{name}: {problem}" for problem in _service(service, document["services"])]
    missing = unserved_queues(set(worker_counts(document)))
    if missing:
        found.append(f"no worker consumes {', '.join(sorted(missing))}")
    return found


def worker_counts(document: dict[str, Any]) -> dict[str, int]:
    """How many containers run for each worker profile."""
    counts: dict[str, int] = {}
    for service in document["services"].values():
        profile = profile_of(_command(service))
        if profile:
            counts[profile] = counts.get(profile, 0) + replicas(service)
    return counts


def replicas(service: dict[str, Any]) -> int:
    return int((service.get("deploy") or {}).get("replicas", 1))


def seconds(duration: str) -> int:
    """A Compose duration such as 1m30s in seconds."""
    match = _DURATION.fullmatch(duration)
    if not match or not duration:
        raise ValueError(f"not a duration: {duration!r}")
    hours, minutes, rest = (int(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + rest


def _schema(document: dict[str, Any]) -> Iterator[str]:
    # check-jsonschema carries the specification's schema in its wheel, so that no network is needed.
    folder = importlib.resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((folder / "compose-spec.json").read_text())
    for error in Draft202012Validator(schema).iter_errors(document):
        yield f"{'/'.join(map(str, error.absolute_path)) or 'top level'}: {error.message}"
    if "version" in document:
        yield "top level: `version` is obsolete"


def _service(service: dict[str, Any], others: dict[str, Any]) -> Iterator[str]:
    if replicas(service) > 1 and "container_name" in service:
        yield "container_name allows one container only"
    if replicas(service) > 1 and service.get("ports"):
        yield "replicas cannot share a published port"
    if not (service.get("deploy") or {}).get("resources", {}).get("limits", {}).get("memory"):
        yield "no memory limit"
    yield from _dependencies(service, others)
    if service.get("image") == "lectern":
        yield from _own(service)


def _dependencies(service: dict[str, Any], others: dict[str, Any]) -> Iterator[str]:
    for name, how in service.get("depends_on", {}).items():
        other = others.get(name)
        if other is None:
            yield f"depends on {name}, which is no service"
            continue
        probe = other.get("healthcheck", {"image": True} if other.get("image") == "lectern" else {})
        if how["condition"] == "service_healthy" and (not probe or probe.get("disable")):
            yield f"waits for the health of {name}, which has no health check"
        if how["condition"] == "service_completed_successfully" and other.get("restart") in (
            "always",
            "unless-stopped",
        ):
            yield f"waits for the end of {name}, which is restarted for ever"


def _own(service: dict[str, Any]) -> Iterator[str]:
    if not service.get("init"):
        yield "no init: orphans of the stages' child processes would pile up"
    for name in sorted(unknown_settings(set(service.get("environment", {})))):
        yield f"{name} is not a setting of Lectern"
    if not any(str(volume).startswith("files:") for volume in service.get("volumes", [])):
        yield "does not share the volume of files"
    if profile_of(_command(service)) and seconds(service.get("stop_grace_period", "10s")) <= DRAIN_S:
        yield f"stop_grace_period must be above the {DRAIN_S} s in which a worker hands its work back"
    if profile_of(_command(service)) and service.get("restart") != "on-failure":
        yield "restart must be on-failure: it leaves a drained worker away, and brings back any other"
    elif not profile_of(_command(service)) and service.get("restart") == "on-failure":
        yield "restart must be unless-stopped: it exits with 0 when the machine goes down"


def _command(service: dict[str, Any]) -> str:
    command = service.get("command", "")
    return command if isinstance(command, str) else " ".join(map(str, command))
