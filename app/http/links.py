"""OpenAPI links: what an answer names that other operations take."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from app.http.operation import Operation

# endpoint → (status of the answer, the path parameter that it gives, where in the answer it stands)
_MAKES = {
    "jobs.create": (202, "job_id", "/id"),
    "account.add_key": (201, "key_id", "/id"),
    "users.add_user": (201, "user_id", "/id"),
}


def links(operation: Operation, others: Sequence[Operation]) -> dict[int, dict[str, Any]]:
    """Links of each answer of an operation, by status."""
    if operation.endpoint == "uploads.create":
        body = {"upload": "$response.body#/upload_id"}
        return {201: {"jobs_create": {"operationId": "jobs_create", "requestBody": body}}}
    if operation.endpoint not in _MAKES:
        return {}
    status, parameter, place = _MAKES[operation.endpoint]
    takers = [other for other in others if f"{{{parameter}}}" in other.path]
    given = {parameter: f"$response.body#{place}"}
    return {
        status: {
            other.operation_id: {"operationId": other.operation_id, "parameters": given} for other in takers
        }
    }
