"""What the API's description knows of one route."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

REF = "#/components/schemas/{model}"


@dataclass(frozen=True)
class Operation:
    """One route. `answers`: status → (what it means, model or media type or None)."""

    endpoint: str
    method: str
    path: str
    summary: str
    answers: dict[int, tuple[str, type[BaseModel] | str | None]]
    problems: tuple[int, ...] = ()
    query: type[BaseModel] | None = None
    headers: tuple[tuple[str, str], ...] = ()
    body: dict[str, Any] = field(default_factory=dict)

    @property
    def operation_id(self) -> str:
        return self.endpoint.replace(".", "_")


def json_of(model: type[BaseModel]) -> dict[str, Any]:
    """A request body of this model."""
    return {"application/json": {"schema": {"$ref": REF.format(model=model.__name__)}}}
