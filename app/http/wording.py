"""What pydantic finds wrong, in sentences that name no class and no type of Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_args

from annotated_types import Ge, Le
from pydantic import BaseModel
from pydantic_core import ErrorDetails

_WHOLE = frozenset(
    {"int_parsing", "int_type", "int_from_float", "int_parsing_size"}
    | {"greater_than_equal", "less_than_equal", "greater_than", "less_than"}
)
_PLAIN = {
    "extra_forbidden": "There is no such field.",
    "missing": "This field is needed.",
    "string_type": "This must be text.",
    "dict_type": "This must be a JSON object.",
    "list_type": "This must be a list.",
    "string_too_short": "This must not be empty.",
    "string_pattern_mismatch": "This is not of the form that is meant here.",
    "bool_type": "This must be true or false.",
    "bool_parsing": "This must be 1 or 0.",
}


def sentence(model: type[BaseModel], error: ErrorDetails) -> str:
    """One sentence for one wrong field of `model`."""
    kind, context = error["type"], error.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "value_error":  # our own words, from a validator
        return error["msg"].removeprefix("Value error, ")
    if kind == "string_too_long":
        return f"This has at most {context['max_length']} characters."
    if kind == "too_short":
        return f"This list is too short: it needs {context['min_length']} or more."
    if kind == "too_long":
        return f"This list is too long: it has at most {context['max_length']}."
    if kind == "literal_error":
        return f"This must be one of {context['expected'].replace(chr(39), '')}."
    if kind in _WHOLE or kind in ("float_parsing", "float_type", "finite_number"):
        return _number(model, str(error["loc"][0]))
    return "This value cannot be used."


def _number(model: type[BaseModel], name: str) -> str:
    field = model.model_fields[name]
    accepted = {field.annotation, *get_args(field.annotation)}
    noun = "a number" if float in accepted else "a whole number"
    low, high = _bounds(field.metadata)
    if low is not None and high is not None:
        return f"{name} must be {noun} from {low} to {high}."
    return f"{name} must be {noun}" + (f" of at least {low}." if low is not None else ".")


def _bounds(metadata: Iterable[Any]) -> tuple[Any, Any]:
    """Lowest and highest value that a person has to know; technical limits (`lt`, `gt`) are none."""
    low = high = None
    for limit in metadata:
        if isinstance(limit, Ge):
            low = limit.ge
        elif isinstance(limit, Le):
            high = limit.le
    return low, high
