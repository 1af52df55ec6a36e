import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parent.parent))  # lecture_texts is shared with the analysis tests

from app.lectures.embedding import Embed, SentenceEmbedder


@pytest.fixture(scope="session")
def embedder() -> Embed:
    return SentenceEmbedder()
