"""The deployment files, read with their anchors and merges resolved."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
_PROFILE = re.compile(r"--profile[= ]([a-z]+)")
_REPLICA = re.compile(r"DATABASE_READ_URL_\d+")


def load(name: str) -> dict[str, Any]:
    """The YAML mapping in the checkout's file `name`; ValueError if it is none."""
    document = yaml.safe_load((ROOT / name).read_text())
    if not isinstance(document, dict):
        raise ValueError(f"{name} holds no mapping")
    return document


def profile_of(command: str) -> str | None:
    """The worker profile that a command line names; None if it starts no worker."""
    if "celery_worker.py worker" not in command:
        return None
    found = _PROFILE.search(command)
    return found[1] if found else "general"


def unknown_settings(names: set[str]) -> set[str]:
    """Those environment variables that the application would not read."""
    from app.settings import Settings  # the model's own names are the only list there is

    known = {name.upper() for name in Settings.model_fields}
    return {name for name in names if name not in known and not _REPLICA.fullmatch(name)}


def unserved_queues(profiles: set[str]) -> set[str]:
    """Queues of the application that no worker of these profiles consumes."""
    from workers.profiles import PROFILES

    served = {queue for name in profiles for queue in PROFILES[name].queues}
    return {"default", "extraction", "analysis", "generation", "maintenance"} - served
