"""Multipart bodies, as OpenAPI describes them."""

from __future__ import annotations

from typing import Any

FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "file": {"type": "string", "format": "binary"},
        "deck": {"type": "string", "format": "binary", "description": "PDF or PPTX of the lecture's slides"},
        "deck_url": {"type": "string"},
        "webhook_url": {"type": "string", "description": "is told of this job's end"},
        "kind": {"type": "string", "default": "lecture"},
        "title": {"type": "string"},
        "priority": {"enum": ["low", "normal", "high", "critical"], "default": "normal"},
        "group": {"type": "string", "description": "id of a group that it joins"},
        "params": {"type": "string", "description": "JSON object; or one field `params.X` for each"},
    },
}
FILE_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "string", "format": "binary"}},
}
