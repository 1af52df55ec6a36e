"""render.yaml: valid by our model of Render's rules, scaled as promised, and the model can refuse."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from deploy import render_model
from deploy.files import load, profile_of


@pytest.fixture
def document() -> dict[str, Any]:
    return copy.deepcopy(load("render.yaml"))


def service(document: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(s for s in document["services"] if s["name"] == name)
    return found


def test_it_is_valid(document: dict[str, Any]) -> None:
    assert render_model.problems(document) == []


def test_it_scales_as_promised(document: dict[str, Any]) -> None:
    blueprint = render_model.Blueprint.model_validate(document)
    scaled = {
        profile_of(server.dockerCommand) or server.type: (
            server.scaling.minInstances,
            server.scaling.maxInstances,
        )
        for server in blueprint.servers
        if server.scaling
    }
    assert scaled == {"web": (1, 5), "general": (1, 3), "extraction": (1, 3), "analysis": (1, 3)}


def test_migrations_run_once_before_a_deploy(document: dict[str, Any]) -> None:
    commands = [s["preDeployCommand"] for s in document["services"] if "preDeployCommand" in s]
    assert commands == ["flask --app wsgi db upgrade"]
    assert service(document, "lectern-api")["healthCheckPath"] == "/api/health/ready"


def test_nothing_is_open_to_the_internet_without_a_key(document: dict[str, Any]) -> None:
    assert service(document, "lectern-redis")["ipAllowList"] == []
    assert document["databases"][0]["ipAllowList"] == []
    settings = {v["key"]: v.get("value") for v in document["envVarGroups"][0]["envVars"]}
    assert settings["API_AUTH"] == "keys"
    flower = service(document, "lectern-flower")["envVars"]
    assert {"key": "FLOWER_BASIC_AUTH", "sync": False} in flower


@pytest.mark.parametrize(
    ("name", "change", "complaint"),
    [
        ("lectern-api", {"replicas": 3}, "replicas"),
        ("lectern-api", {"numInstances": 2}, "exclude each other"),
        ("lectern-api", {"scaling": {"minInstances": 6, "maxInstances": 5, "targetCPUPercent": 70}}, "above"),
        ("lectern-api", {"scaling": {"minInstances": 1, "maxInstances": 5}}, "targetCPUPercent"),
        (
            "lectern-api",
            {"scaling": {"minInstances": 1, "maxInstances": 5, "targetCPUPercent": 95}},
            "targetCPUPercent",
        ),
        ("lectern-api", {"maxShutdownDelaySeconds": 301}, "maxShutdownDelaySeconds"),
        ("lectern-api", {"envVars": [{"fromGroup": "nobody"}]}, "no group nobody"),
        ("lectern-api", {"region": "frankfurt"}, "frankfurt"),
        ("lectern-api", {"envVars": [{"key": "REDIS_ULR", "value": "x"}]}, "REDIS_ULR is not a setting"),
        ("lectern-api", {"envVars": [{"key": "LOG_JSON", "value": True}]}, "value"),
        ("lectern-api", {"envVars": [{"key": "LOG_JSON"}]}, "one of value"),
        ("lectern-beat", {"healthCheckPath": "/health"}, "web services only"),
        ("lectern-beat", {"name": "lectern-api"}, "same name"),
        ("lectern-beat", {"dockerCommand": "a && b"}, "shell"),
        ("lectern-redis", {"maxmemoryPolicy": "allkeys-lru"}, "noeviction"),
        ("lectern-redis", {"ipAllowList": None}, "ipAllowList"),
        ("lectern-worker-general", {"dockerCommand": "python celery_worker.py beat"}, "no worker consumes"),
    ],
)
def test_each_rule_can_complain(
    document: dict[str, Any], name: str, change: dict[str, Any], complaint: str
) -> None:
    service(document, name).update(change)
    assert complaint in "\n".join(render_model.problems(document))
