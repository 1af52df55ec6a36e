"""Thousands of rows at once: COPY where the database is PostgreSQL.

Ten thousand one-stage jobs with their stages and events take 0.3 s so, 1.5 s as INSERT with many VALUES
(`bench batch`). Values are plain: no SQL expressions, and every row has the same columns.
"""

from __future__ import annotations

import io
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from itertools import repeat
from typing import Any

from sqlalchemy import Connection, insert

from app.store.models import Base

WORTH = 4  # rows; a single one is as quick by an INSERT
_MANY = 500  # rows among which a walk through all for each would be felt
_SPECIAL = re.compile(r"[\\\t\n\r]")
_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def put(conn: Connection, model: type[Base], rows: Sequence[Mapping[str, Any]]) -> None:
    """Insert the rows, in the transaction of `conn`."""
    if conn.dialect.name != "postgresql":
        conn.execute(insert(model), list(rows))
        return
    names = list(rows[0])
    columns = [_column([row[name] for row in rows]) for name in names]
    text = "\n".join(map("\t".join, zip(*columns, strict=False)))
    raw: Any = conn.connection.dbapi_connection
    with raw.cursor() as cursor:
        if len(rows) >= _MANY:
            # How a foreign key is looked up is planned once a connection. With a plan of when the tables were
            # small, each row walks through the whole table: 12 s for ten thousand jobs, where it takes one.
            cursor.execute("DISCARD PLANS")
        cursor.copy_expert(f"COPY {model.__tablename__} ({', '.join(names)}) FROM STDIN", io.StringIO(text))


def _column(values: list[Any]) -> Iterable[str]:
    """The column's fields as COPY reads them. In a batch most columns are the same throughout."""
    if values.count(values[0]) == len(values):
        return repeat(_field(values[0]), len(values))
    if isinstance(values[0], str):
        with suppress(TypeError):  # not all of them are
            if not _SPECIAL.search("".join(values)):
                return values
    return map(_field, values)


def _field(value: Any) -> str:
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    if value is None:
        return "\\N"
    if isinstance(value, bool):
        return "t" if value else "f"
    if isinstance(value, int | float):
        return repr(value)
    return json.dumps(value, ensure_ascii=False).translate(_ESCAPES)
