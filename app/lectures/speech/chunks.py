"""Cut a sound track of any length into chunks for the recogniser, in bounded memory.

Whisper needs no overlap between chunks when no word is cut, so each cut is made where the voice
detector (Silero VAD) is surest that nobody speaks, and there in the quietest third of a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from app.lectures import media
from app.lectures.speech.soundtrack import sound_blocks
from app.lectures.speech.values import SAMPLE_RATE, AudioChunk

Samples = NDArray[np.int16]

_SEARCH_S = 30.0  # a lecturer hardly speaks for longer without drawing breath
_VOICE_FRAME = 512  # samples; the step of Silero VAD
_PAUSE_FRAMES = 9
_VOICE_THRESHOLD = 0.5
_VOICE_MIN_FRAMES = 4  # 0.13 s above the threshold is a syllable; less is a click
# A last chunk of a few words would be heard without context: it joins the chunk before.
_LONGEST = 1.2


def split(
    path: Path,
    out_dir: Path,
    *,
    chunk_s: float = 300.0,
    progress: Callable[[float], None] = lambda share: None,
) -> list[AudioChunk]:
    """Write the sound of a recording into `out_dir` as FLAC files of about `chunk_s` seconds.

    Times are seconds on the presentation clock; a sound track that starts late keeps its offset, a
    gap in its time stamps becomes silence. No sound track: an empty list. `BadMedia` if unreadable.
    Holds at most 1.2 × chunk_s of sound in memory (12 MB for 300 s).
    """
    if chunk_s <= 0:
        raise ValueError("chunk_s must be positive")
    out_dir.mkdir(parents=True, exist_ok=True)
    chunks: list[AudioChunk] = []
    with media.open_media(path) as container:
        if media.sound_stream(container) is None:
            progress(1.0)
            return []
        total_s = (container.duration or 0) / av.time_base
        for start, samples in _pieces(sound_blocks(container), round(chunk_s * SAMPLE_RATE)):
            name = f"chunk-{len(chunks):04}.flac"
            _write_flac(out_dir / name, samples)
            chunk = AudioChunk(
                index=len(chunks),
                file=name,
                offset_s=round(start / SAMPLE_RATE, 6),
                duration_s=round(len(samples) / SAMPLE_RATE, 6),
                speech=_has_voice(samples),
            )
            chunks.append(chunk)
            if total_s > 0:
                progress(min((chunk.offset_s + chunk.duration_s) / total_s, 1.0))
    progress(1.0)
    return chunks


def _pieces(blocks: Iterator[tuple[int, Samples]], limit: int) -> Iterator[tuple[int, Samples]]:
    """Regroup contiguous blocks into pieces near `limit` samples, with each one's first sample."""
    held: list[Samples] = []
    length, start = 0, None
    for position, block in blocks:
        if start is None:
            start = position
        held.append(block)
        length += len(block)
        if length < limit * _LONGEST:
            continue
        samples = np.concatenate(held)
        while len(samples) >= limit * _LONGEST:
            cut = _quietest(samples, limit)
            yield start, samples[:cut]
            start += cut
            samples = samples[cut:]
        held, length = [samples], len(samples)
    if start is not None and length:
        yield start, np.concatenate(held)


def _quietest(samples: Samples, limit: int) -> int:
    """The best sample to cut at, in the last stretch before `limit`."""
    search = min(round(_SEARCH_S * SAMPLE_RATE), limit // 2)
    window = samples[limit - search : limit]
    frames = len(window) // _VOICE_FRAME
    if frames == 0:
        return limit
    window = window[: frames * _VOICE_FRAME]
    # A pause is judged over 0.3 s, so that the closure of a "t" in mid-word is not taken for one.
    span = min(_PAUSE_FRAMES, frames)
    kernel = np.ones(span) / span
    voice = np.convolve(_voice(window), kernel, "valid")
    loudness = np.sqrt(np.mean(window.reshape(frames, _VOICE_FRAME).astype(np.float64) ** 2, axis=1))
    level = np.convolve(loudness, kernel, "valid")
    # Voice counts in tenths; among equals the quieter wins, among those the later one.
    best = min(range(len(voice)), key=lambda i: (round(float(voice[i]), 1), float(level[i]), -i))
    return limit - search + best * _VOICE_FRAME + span * _VOICE_FRAME // 2


def _has_voice(samples: Samples) -> bool:
    step = 30 * SAMPLE_RATE  # most chunks have a word in their first half minute
    for begin in range(0, len(samples), step):
        block = samples[begin : begin + step]
        if block.any() and np.count_nonzero(_voice(block) >= _VOICE_THRESHOLD) >= _VOICE_MIN_FRAMES:
            return True
    return False


def _voice(samples: Samples) -> NDArray[np.float32]:
    """Probability of speech per frame of 512 samples."""
    from faster_whisper.vad import get_vad_model  # loads onnxruntime: only where a voice is looked for

    padded = np.pad(samples, (0, -len(samples) % _VOICE_FRAME)).astype(np.float32) / 32768
    return np.asarray(get_vad_model()(padded), dtype=np.float32).reshape(-1)


def _write_flac(path: Path, samples: Samples) -> None:
    with av.open(str(path), "w", format="flac") as out:
        stream = out.add_stream("flac", rate=SAMPLE_RATE, layout="mono", format="s16")
        for begin in range(0, len(samples), SAMPLE_RATE):
            block = np.ascontiguousarray(samples[None, begin : begin + SAMPLE_RATE])
            frame = av.AudioFrame.from_ndarray(block, format="s16", layout="mono")
            frame.sample_rate = SAMPLE_RATE
            frame.pts = begin
            out.mux(stream.encode(frame))
        out.mux(stream.encode(None))
