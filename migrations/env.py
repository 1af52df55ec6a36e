"""Alembic's environment: through `flask db …` in the app's context, or with a URL given by a test."""

from __future__ import annotations

import logging

from alembic import context
from sqlalchemy import Connection, create_engine, pool

from app.store.database import driver_url
from app.store.models import Base

logging.getLogger("alembic").setLevel(logging.INFO)


def _url() -> str:
    given = context.config.get_main_option("sqlalchemy.url")
    if given:
        return given
    from app.settings import load

    return load().database_url


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection,
        target_metadata=Base.metadata,
        compare_type=True,
        render_as_batch=connection.dialect.name == "sqlite",
        transaction_per_migration=True,
    )
    with context.begin_transaction():
        if connection.dialect.name == "postgresql":
            # two deploys at once: the second waits, then finds nothing to do
            connection.exec_driver_sql("SELECT pg_advisory_xact_lock(7266301)")
        context.run_migrations()


engine = create_engine(driver_url(_url()), poolclass=pool.NullPool)
with engine.connect() as connection:
    _run(connection)
    connection.commit()
engine.dispose()
