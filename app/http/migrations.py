"""`flask db …`: Flask-Migrate over our own metadata and engine."""

from __future__ import annotations

from pathlib import Path

from flask import Flask
from flask_migrate import Migrate
from sqlalchemy import Engine, MetaData

from app.store.database import Database
from app.store.models import Base

_FOLDER = Path(__file__).parents[2] / "migrations"


class _Schema:
    """The little of Flask-SQLAlchemy that Flask-Migrate's env.py asks for; a second pool is not needed."""

    def __init__(self, db: Database) -> None:
        self.metadata: MetaData = Base.metadata
        self.engine = db.engine

    def get_engine(self) -> Engine:
        return self.engine


def install(app: Flask, db: Database) -> None:
    Migrate(app, _Schema(db), directory=str(_FOLDER))
