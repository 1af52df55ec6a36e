"""Lectern. `create_app` is the door for WSGI servers; everything else is imported by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from flask import Flask

    from app.jobs.platform import Platform


def create_app(platform: Platform) -> Flask:
    """The HTTP side over a platform that a composition root has put together."""
    from app.http.factory import build

    return build(platform)
