"""The test server where each process has a folder, and so a database, of its own."""

from __future__ import annotations

import os
from pathlib import Path

_own = Path(os.environ["HTTP_TEST_FOLDER"]) / str(os.getpid())
_own.mkdir()
os.environ["HTTP_TEST_FOLDER"] = str(_own)

from server_http import make_app as make_app  # noqa: E402
