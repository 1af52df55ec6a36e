"""`python -m deploy.check compose | render`: is the deployment file sound? Exit code 0 if it is."""

from __future__ import annotations

import sys

import yaml

from deploy import compose_rules, render_model
from deploy.files import load

CHECKS = {
    "compose": ("docker-compose.yml", compose_rules.problems, "the Compose specification and our own rules"),
    "render": ("render.yaml", render_model.problems, "our own strict model of Render's blueprint rules"),
}


def main(arguments: list[str]) -> int:
    if len(arguments) != 1 or arguments[0] not in CHECKS:
        sys.stderr.write(f"usage: python -m deploy.check {' | '.join(CHECKS)}\n")
        return 2
    name, problems, judge = CHECKS[arguments[0]]
    try:
        found = problems(load(name))
    except (OSError, ValueError, yaml.YAMLError) as error:
        found = [str(error)]
    for problem in found:
        sys.stderr.write(f"{name}: {problem}\n")
    if not found:
        sys.stdout.write(f"{name} is valid by {judge}.\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
