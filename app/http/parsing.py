"""From a request to checked values; what is wrong becomes an error that names the field."""

from __future__ import annotations

import base64
import binascii
import json
import math
import re
from collections.abc import Iterable, Mapping
from typing import Any, TypeVar

from flask import Request
from pydantic import BaseModel, ValidationError

from app.errors import BadInput, MalformedRequest, TooLarge, UnsupportedContentType
from app.http.problems import InvalidRequest
from app.http.wording import sentence

M = TypeVar("M", bound=BaseModel)
_UNKEEPABLE = re.compile("[\0\ud800-\udfff]")  # what neither PostgreSQL nor UTF-8 can hold
MAX_JSON = 1024 * 1024
MAX_BATCH = 16 * 1024 * 1024  # ten thousand jobs with long titles and addresses


# Only an escape or a number of hundreds of digits can stand for what cannot be kept; or the bytes of half a
# pair, or another encoding than UTF-8 (where each ASCII character comes with zeros): Python reads both.
_SUSPECT = re.compile(rb"\\u(?:0000|[dD][89a-fA-F])|[0-9][eE]\+?[0-9]{3}|[0-9]{300}|\0|\xed[\xa0-\xbf]")


def surely_plain(text: bytes) -> bool:
    """Whether nothing in a JSON text can be unkeepable, told without parsing it."""
    return _SUSPECT.search(text) is None


def keepable(text: str) -> bool:
    """Whether the text holds neither NUL nor half a surrogate pair."""
    return _UNKEEPABLE.search(text) is None


def refuse_unkeepable(values: Any) -> None:
    """Look through a whole JSON value (without recursion: it may be deep). Raises BadInput with the field."""
    pending: list[tuple[str, Any]] = [("", values)]
    while pending:
        field, value = pending.pop()
        if isinstance(value, dict):
            for key, inner in value.items():
                name = _UNKEEPABLE.sub(lambda found: f"\\u{ord(found[0]):04x}", str(key))
                path = f"{field}.{name}" if field else name
                if not keepable(str(key)):
                    raise BadInput("The name of a field holds characters that cannot be kept.", field=path)
                pending.append((path, inner))
        elif isinstance(value, list):
            pending += [(f"{field}.{place}", inner) for place, inner in enumerate(value)]
        elif isinstance(value, str) and not keepable(value):
            raise BadInput("The text holds characters that cannot be kept.", field=field)
        elif isinstance(value, float) and not math.isfinite(value):
            raise BadInput("The number is too large.", field=field)


def checked(model: type[M], values: Any, *, plain: bool = False) -> M:
    """Raises InvalidRequest with one entry for each wrong field. `plain`: nothing in it is unkeepable."""
    if not plain:
        refuse_unkeepable(values)
    try:
        return model.model_validate(values)
    except ValidationError as error:
        raise InvalidRequest(
            [
                {
                    "field": ".".join(str(part) for part in e["loc"]),
                    "detail": sentence(model, e),
                }
                for e in error.errors(include_url=False)
            ]
        ) from None


def json_body(request: Request, *, limit: int = MAX_JSON) -> dict[str, Any]:
    """The body as a JSON object of at most `limit` bytes."""
    return json_object(json_bytes(request, limit=limit))


def json_bytes(request: Request, *, limit: int) -> bytes:
    if request.mimetype != "application/json":
        raise UnsupportedContentType(
            "Send the body as application/json, or a recording as multipart/form-data."
        )
    if (request.content_length or 0) > limit:
        raise TooLarge(f"A JSON body has at most {limit // MAX_JSON} MB here.")
    return request.get_data(cache=False)


def json_object(text: bytes) -> dict[str, Any]:
    given = parse_json(text, "The body is not JSON.")
    if not isinstance(given, dict):
        raise BadInput("The body must be a JSON object.")
    return given


def parse_json(text: bytes | str, message: str, field: str | None = None) -> Any:
    try:
        return _JSON.decode(text if isinstance(text, str) else _decoded(text))
    except (ValueError, RecursionError):
        raise MalformedRequest(message, field=field) from None


def _decoded(text: bytes) -> str:
    """As `json.loads` reads bytes."""
    return text.decode(json.detect_encoding(text), "surrogatepass")


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


_JSON = json.JSONDecoder(parse_constant=_no_constant)  # made once: making it costs as much as a small body


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
                params[name.removeprefix("params.")] = parse_json(value, "")
            except MalformedRequest:
                params[name.removeprefix("params.")] = value
        else:
            rest[name] = value
    refuse_unkeepable({"params": params})
    return params, rest


def encode_cursor(at: int, row_id: str) -> str:
    return base64.urlsafe_b64encode(f"{at}:{row_id}".encode()).decode().rstrip("=")


def decode_cursor(cursor: str) -> tuple[int, str]:
    """The position (time, id) after which the next page begins; raises BadInput for anything not ours."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (binascii.Error, ValueError):
        text = ""
    found = re.fullmatch(r"([0-9]{1,18}):([a-z0-9_]{1,60})", text)
    if found is None:
        raise BadInput("This cursor did not come from an earlier page.", field="cursor")
    return int(found[1]), found[2]
