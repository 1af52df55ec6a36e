"""docker-compose.yml: valid by the specification, as large as promised, and the checks can fail."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import yaml

from deploy import compose_rules
from deploy.files import ROOT, load


@pytest.fixture
def compose() -> dict[str, Any]:
    return copy.deepcopy(load("docker-compose.yml"))


def test_it_is_valid(compose: dict[str, Any]) -> None:
    assert compose_rules.problems(compose) == []


def test_it_has_the_promised_size(compose: dict[str, Any]) -> None:
    assert compose_rules.replicas(compose["services"]["api"]) == 3
    assert compose_rules.worker_counts(compose) == {"general": 2, "extraction": 3, "analysis": 2}
    for name in ("beat", "flower", "postgres", "redis", "gateway"):
        assert compose_rules.replicas(compose["services"][name]) == 1


def test_api_and_flower_are_published_where_users_look(compose: dict[str, Any]) -> None:
    published = {name: service.get("ports", []) for name, service in compose["services"].items()}
    assert [port.rsplit(":", 2)[1] for port in published.pop("gateway")] == ["5000"]
    assert [port.rsplit(":", 2)[1] for port in published.pop("flower")] == ["5555"]
    assert not any(published.values()), "databases and workers stay inside"


def test_no_password_has_a_default() -> None:
    text = (ROOT / "docker-compose.yml").read_text()
    for name in ("POSTGRES_PASSWORD", "REDIS_PASSWORD", "FLOWER_BASIC_AUTH"):
        assert f"${{{name}:?" in text
        assert f"${{{name}}}" not in text
        assert f"${{{name}:-" not in text


def test_redis_keeps_every_message(compose: dict[str, Any]) -> None:
    command = compose["services"]["redis"]["command"]
    options = dict(zip(command[1::2], command[2::2], strict=True))
    assert options["--maxmemory-policy"] == "noeviction"
    assert options["--appendonly"] == "yes"


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"services": {"api": {"replicas": 3}}}, "replicas"),
        ({"services": {"api": {"container_name": "one"}}}, "one container only"),
        ({"services": {"api": {"ports": ["5000:5000"]}}}, "published port"),
        ({"services": {"worker-general": {"stop_grace_period": "20s"}}}, "stop_grace_period"),
        ({"services": {"worker-general": {"restart": "unless-stopped"}}}, "a drained worker"),
        ({"services": {"beat": {"restart": "on-failure"}}}, "when the machine goes down"),
        ({"services": {"api": {"environment": {"REDIS_ULR": "x"}}}}, "REDIS_ULR is not a setting"),
        ({"services": {"beat": {"init": False}}}, "no init"),
        ({"services": {"beat": {"depends_on": {"nobody": {"condition": "service_started"}}}}}, "no service"),
        ({"services": {"beat": {"depends_on": {"migrate": {"condition": "service_healthy"}}}}}, "no health"),
        ({"services": {"migrate": {"restart": "always"}}}, "restarted for ever"),
        ({"services": {"api": {"volumes": []}}}, "volume of files"),
        ({"services": {"redis": {"deploy": None}}}, "no memory limit"),
        ({"version": "3.8"}, "obsolete"),
    ],
)
def test_each_rule_can_complain(compose: dict[str, Any], change: dict[str, Any], complaint: str) -> None:
    merge(compose, change)
    assert complaint in "\n".join(compose_rules.problems(compose))


def test_a_queue_without_a_worker_is_noticed(compose: dict[str, Any]) -> None:
    del compose["services"]["worker-general"]
    assert any("generation" in problem for problem in compose_rules.problems(compose))


def test_durations() -> None:
    assert compose_rules.seconds("1m30s") == 90
    with pytest.raises(ValueError, match="not a duration"):
        compose_rules.seconds("soon")


def test_the_image_is_made_of_files_that_are_not_ignored() -> None:
    ignore = (ROOT / ".dockerignore").read_text().split()
    copied = [
        source
        for line in (ROOT / "Dockerfile").read_text().splitlines()
        if line.startswith("COPY")
        for source in line.split()[1:-1]
    ]
    assert copied
    for source in copied:
        assert f"!{source}" in ignore, f"{source} never reaches the builder"


def test_the_image_runs_as_nobody_special() -> None:
    lines = (ROOT / "Dockerfile").read_text().splitlines()
    assert [line for line in lines if line.startswith("USER")] == ["USER lectern"]


def test_the_files_have_no_duplicate_keys() -> None:
    # PyYAML lets the last of two equal keys win, silently.
    for name in ("docker-compose.yml", "render.yaml"):
        for node in walk(yaml.compose((ROOT / name).read_text())):
            keys = [key.value for key, _ in node.value if key.value != "<<"]
            assert len(keys) == len(set(keys)), f"{name}, line {node.start_mark.line + 1}"


def walk(node: yaml.Node | None) -> list[yaml.MappingNode]:
    if isinstance(node, yaml.MappingNode):
        return [node, *(found for _, value in node.value for found in walk(value))]
    if isinstance(node, yaml.SequenceNode):
        return [found for item in node.value for found in walk(item)]
    return []


def merge(into: dict[str, Any], change: dict[str, Any]) -> None:
    for key, value in change.items():
        if isinstance(value, dict) and isinstance(into.get(key), dict):
            into[key] = dict(into[key])  # anchors are shared between services
            merge(into[key], value)
        else:
            into[key] = value
