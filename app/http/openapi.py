"""OpenAPI 3.1 from the table of operations and the pydantic models (JSON Schema 2020-12 as it is)."""

from __future__ import annotations

import re
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from app.http.context import PUBLIC
from app.http.credentials import COOKIE
from app.http.links import links
from app.http.operation import REF, Operation
from app.http.operations import OPERATIONS
from app.http.schemas import Problem, SubmitJob
from app.http.schemas_accounts import ChangeUser, NewKey, NewUser, RotateKey, SignIn
from app.http.schemas_dead_letters import DeadLetterFilter
from app.http.schemas_groups import NewGroup, SubmitBatch
from app.http.schemas_webhooks import ChangeWebhook, NewWebhook, ReplayFailed, RotateSecret
from app.jobs.platform import Platform


def _answer(meaning: str, shape: type[BaseModel] | str | None) -> dict[str, Any]:
    found: dict[str, Any] = {"description": meaning}
    if isinstance(shape, str):
        found["content"] = {shape: {}}
    elif shape is not None:
        reference = {"$ref": REF.format(model=shape.__name__)}
        found["content"] = {"application/json": {"schema": reference}}
    return found


def _parameters(operation: Operation) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for part in re.findall(r"{(\w+)}", operation.path):
        kind = "integer" if part == "number" else "string"
        found.append({"name": part, "in": "path", "required": True, "schema": {"type": kind}})
    if operation.query is not None:
        for name, schema in operation.query.model_json_schema()["properties"].items():
            about = schema.pop("description", "")
            found.append({"name": name, "in": "query", "schema": schema, "description": about})
    for name, about in operation.headers:
        found.append({"name": name, "in": "header", "schema": {"type": "string"}, "description": about})
    return found


def _operation(operation: Operation) -> dict[str, Any]:
    problem = {
        "description": "What is wrong, and where",
        "content": {"application/problem+json": {"schema": {"$ref": REF.format(model="Problem")}}},
    }
    public = operation.endpoint in PUBLIC
    codes = operation.problems if public else (401, 429, *(p for p in operation.problems if p != 429), 503)
    responses = {str(code): _answer(*answer) for code, answer in operation.answers.items()}
    responses |= {str(code): problem for code in codes}
    for status, found_links in links(operation, OPERATIONS).items():
        responses[str(status)]["links"] = found_links
    found: dict[str, Any] = {
        "operationId": operation.operation_id,
        "tags": [operation.endpoint.partition(".")[0]],
        "summary": operation.summary,
        "responses": responses,
    }
    if parameters := _parameters(operation):
        found["parameters"] = parameters
    if operation.body:
        found["requestBody"] = {"required": True, "content": operation.body}
    if public:
        found["security"] = []
    return found


_BODIES = (SubmitJob, DeadLetterFilter, NewKey, RotateKey, NewUser, ChangeUser, SignIn)
_HOOKS = (NewWebhook, ChangeWebhook, RotateSecret, ReplayFailed)
_GROUPS = (NewGroup, SubmitBatch)


def _models() -> list[type[BaseModel]]:
    answers = {m for o in OPERATIONS for _, m in o.answers.values() if isinstance(m, type)}
    return sorted({Problem, *_BODIES, *_HOOKS, *_GROUPS, *answers}, key=lambda m: m.__name__)


def build(platform: Platform) -> dict[str, Any]:
    """The description of this server, with its kinds of jobs named."""
    _, definitions = models_json_schema([(m, "validation") for m in _models()], ref_template=REF)
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        paths.setdefault(operation.path, {})[operation.method] = _operation(operation)
    kinds = sorted(name for name, kind in platform.catalogue.kinds.items() if not kind.internal)
    try:
        release = version("lectern")
    except PackageNotFoundError:  # run from a checkout that was never installed
        release = "0"
    optional = platform.settings.api_auth == "local"
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Lectern",
            "version": release,
            "description": f"Recordings in; slides, text and a study guide out. Kinds: {', '.join(kinds)}.",
        },
        "paths": paths,
        "components": {
            "schemas": definitions["$defs"],
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer"},
                "cookie": {"type": "apiKey", "in": "cookie", "name": COOKIE},
            },
        },
        "security": [{"key": []}, {"cookie": []}, *([{}] if optional else [])],
    }
