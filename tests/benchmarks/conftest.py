"""A recording that the slide benchmark rendered, for all tests of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from benchmarks.slides import generate
from benchmarks.slides.encode import Coding
from benchmarks.slides.profiles import PROFILES


@pytest.fixture(scope="session")
def recording(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Forty seconds of small drawn slides, twins and builds among them; the folder with the truth."""
    profile = replace(
        PROFILES["screencast"],
        width=640,
        height=360,
        minutes=0.7,
        mean_s=9,
        coding=Coding(fps=10, keyint=50),
        twins=0.4,
        builds=0.8,
    )
    return generate.make("screencast", profile, 4, tmp_path_factory.mktemp("screencast")).parent
