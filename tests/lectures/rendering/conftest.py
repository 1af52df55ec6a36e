from __future__ import annotations

import pytest
from rendering_lecture import Lecture, lecture


@pytest.fixture(scope="session")
def hashing(tmp_path_factory: pytest.TempPathFactory) -> Lecture:
    return lecture(tmp_path_factory.mktemp("slides"))
