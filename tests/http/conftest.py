from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient
from helpers_http import buffered_client, make_platform

from app import create_app
from app.jobs.platform import Platform


@pytest.fixture
def platform(tmp_path: Path) -> Iterator[Platform]:
    made = make_platform(tmp_path, max_upload_bytes=2_000_000)
    yield made
    made.db.close()


@pytest.fixture
def client(platform: Platform) -> FlaskClient:
    return buffered_client(create_app(platform))
