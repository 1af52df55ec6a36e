"""Settings are checked at the start, with a sentence for each mistake."""

from __future__ import annotations

import logging

import pytest

from app.errors import BadConfiguration
from app.settings import load

FULL = {"DATABASE_URL": "postgresql://a@b/c", "REDIS_URL": "redis://b/0"}


def test_the_full_stack_needs_its_servers_named() -> None:
    with pytest.raises(BadConfiguration, match="DATABASE_URL must name a PostgreSQL database"):
        load({})
    with pytest.raises(BadConfiguration, match="REDIS_URL must be set"):
        load({"DATABASE_URL": FULL["DATABASE_URL"]})


def test_embedded_needs_nothing() -> None:
    settings = load({"USE_CELERY": "false", "LECTERN_STATE": "here"})
    assert settings.embedded
    assert settings.database_url == "sqlite:///here/lectern.db"


def test_what_follows_from_other_settings() -> None:
    parts = {"DATABASE_URL": "postgres://a@b/c", "REDIS_HOST": "cache", "REDIS_PORT": "6380", "REDIS_DB": "2"}
    settings = load(
        parts | {"DATABASE_READ_URL_2": "postgresql://r2", "DATABASE_READ_URL_1": "postgresql://r1"}
    )
    assert settings.database_url == "postgresql://a@b/c"
    assert settings.redis_url == settings.celery_broker_url == "redis://cache:6380/2"
    assert settings.database_read_urls == ("postgresql://r1", "postgresql://r2")


def test_every_mistake_is_named() -> None:
    with pytest.raises(BadConfiguration) as caught:
        load(FULL | {"USE_CELERY": "maybe", "MAX_FAILURES": "0"})
    assert "USE_CELERY" in caught.value.message
    assert "MAX_FAILURES" in caught.value.message


def test_a_misspelt_name_is_pointed_out(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING):
        load(FULL | {"REDIS_ULR": "x", "HOME": "/root"})
    assert caplog.messages == ["REDIS_ULR is not a setting; did you mean REDIS_URL?"]


def test_settings_cannot_be_changed_afterwards() -> None:
    with pytest.raises(ValueError, match="frozen"):
        load(FULL).max_failures = 9  # type: ignore[misc]
