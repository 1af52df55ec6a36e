"""`python -m deploy.env_example`: write .env.example from the settings, so that the two cannot drift."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path

from pydantic_core import PydanticUndefined

from app.settings import Settings
from deploy.files import ROOT

_HEAD = """\
# Copy to .env for `docker compose`, or export what you need for ./deploy_scalable.sh local.
# Made by `python -m deploy.env_example`; the descriptions are those of app/settings.py.

# For docker compose: letters and digits only, since the passwords become part of URLs
# (for example: openssl rand -hex 24)
POSTGRES_PASSWORD=
REDIS_PASSWORD=
# user:password of Flower on port 5555; the local stack makes one by itself
FLOWER_BASIC_AUTH=
# Address that the ports 5000 and 5555 are published on; beyond this machine only with HTTPS in front
#LECTERN_BIND=127.0.0.1

# ---- Every setting of Lectern, with its default ----
"""
_ASKED_ABOVE = {"flower_basic_auth"}


def render() -> str:
    """The whole text of .env.example."""
    lines = [_HEAD]
    for name, field in Settings.model_fields.items():
        if name in _ASKED_ABOVE:
            continue
        if name == "database_read_urls":
            variable, value = "DATABASE_READ_URL_1", ""
        else:
            variable, value = name.upper(), _shown(field.default)
        if field.description:
            lines += [f"# {line}\n" for line in textwrap.wrap(field.description, 100)]
        lines.append(f"#{variable}={value}\n")
    return "".join(lines)


def _shown(default: object) -> str:
    if default is PydanticUndefined or default is None:
        return ""
    return str(default).lower() if isinstance(default, bool) else str(default)


def main() -> int:
    target: Path = ROOT / ".env.example"
    target.write_text(render())
    sys.stdout.write(f"wrote {target.name}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
