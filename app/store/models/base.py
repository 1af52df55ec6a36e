"""What all tables share. Times are microseconds on the database clock; JSON holds what SQL never asks."""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Integer,
    MetaData,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import DeclarativeBase

JsonColumn = JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
Identity = BigInteger().with_variant(Integer(), "sqlite")  # SQLite numbers only INTEGER keys by itself
_NAMES = {kind: f"{kind}_%(table_name)s_%(column_0_N_name)s" for kind in ("ix", "uq", "fk")}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=_NAMES | {"pk": "pk_%(table_name)s"})
