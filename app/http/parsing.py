"""From a request to checked values; what is wrong becomes an error that names the field."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError

from app.errors import BadInput, MalformedRequest, TooLarge, UnsupportedContentType
from app.http.problems import InvalidRequest

M = TypeVar("M", bound=BaseModel)
MAX_JSON = 1024 * 1024
_MESSAGES = {
    "extra_forbidden": "There is no such field.",
    "missing": "This field is needed.",
}


def checked(model: type[M], values: Any) -> M:
    """Raises InvalidRequest with one entry for each wrong field."""
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InvalidRequest(
            [
                {
                    "field": ".".join(str(part) for part in e["loc"]),
                    "detail": _MESSAGES.get(e["type"], e["msg"].removeprefix("Value error, ")),
                }
                for e in error.errors(include_url=False)
            ]
        ) from None


def json_body(request: Request) -> Any:
    if request.mimetype != "application/json":
        raise UnsupportedContentType(
            "Send the body as application/json, or a recording as multipart/form-data."
        )
    if (request.content_length or 0) > MAX_JSON:
        raise TooLarge("A JSON body has at most 1 MB.")
    return parse_json(request.get_data(cache=False), "The body is not JSON.")


def parse_json(text: bytes | str, message: str, field: str | None = None) -> Any:
    try:
        return json.loads(text, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise MalformedRequest(message, field=field) from None


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


def query(model: type[M], given: Iterable[tuple[str, str]]) -> M:
    """Query parameters; the same name twice is refused."""
    values: dict[str, str] = {}
    for name, value in given:
        if name in values:
            raise BadInput("This parameter was given more than once.", field=name)
        values[name] = value
    return checked(model, values)


def form_params(form: Mapping[str, str]) -> tuple[dict[str, Any], dict[str, str]]:
    """(parameters, other fields): `params` is a JSON object; each `params.X` sets X.

    A single value is read as JSON where it is JSON (numbers, true), else as the text that it is.
    """
    params: dict[str, Any] = {}
    rest: dict[str, str] = {}
    for name, value in form.items():
        if name == "params":
            given = parse_json(value, "The params field is not JSON.", "params")
            if not isinstance(given, dict):
                raise BadInput("The params field must be a JSON object.", field="params")
            params = {**given, **params}
        elif name.startswith("params."):
            try:
                params[name.removeprefix("params.")] = json.loads(value)
            except ValueError:
                params[name.removeprefix("params.")] = value
        else:
            rest[name] = value
    return params, rest


def encode_cursor(created_at: int, job_id: str) -> str:
    return base64.urlsafe_b64encode(f"{created_at}:{job_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[int, str]:
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
        at, _, job_id = text.partition(":")
        return int(at), job_id
    except (binascii.Error, ValueError):
        raise BadInput("This cursor did not come from an earlier page.", field="cursor") from None
