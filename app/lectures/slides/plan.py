"""Planning an extraction: one walk over the packets, the picture's noise, and where to divide the work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from app.lectures.media import probe
from app.lectures.model import MediaInfo
from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.looks.frames import FrameSource, Gray, burst
from app.lectures.slides.looks.packets import PacketIndex, index_packets
from app.lectures.slides.messages import SlidePlan
from app.lectures.slides.place.cropping import find_crop
from app.lectures.slides.place.region import find_projection, is_lasting
from app.lectures.slides.survey.motion import PROBE_S, measure_noise
from app.lectures.slides.survey.standing import sways

PART_S = 240.0
# The first part is short, so that the first slides are seen early.
_FIRST_PART_S = 60.0
# A part may be so many times its nominal length shorter or longer, for a calm border.
_LEEWAY = 0.3
# Seconds off its nominal place that a calm border is worth.
_CALM_S = 60.0
# Moments of the recording from which the place of the slides in the picture is told.
_MOMENTS = 40
_NOISE_PROBES = 8


def plan(path: Path, *, part_s: float = PART_S, media: MediaInfo | None = None) -> SlidePlan:
    """Divide a recording into parts of about `part_s` seconds. `media`: what `probe` said, when at hand.

    A recording without moving pictures has no parts. A file that cannot be read raises BadMedia.
    """
    media = media or probe(path)
    packets = index_packets(path) if media.has_video else None
    if packets is None or not len(packets):
        return SlidePlan(media=media)
    with FrameSource(path, packets) as source:
        noise = _noise_of(source, packets)
        moments = _moments(source, packets)
        region = find_projection(moments, faint=noise.is_filmed)
        if region is not None and not noise.is_filmed:
            # Sway is hard to measure in the dark; but no screen is ever recorded at an angle. A chart may
            # look like one.
            if region.is_tilted and is_lasting(region, moments):
                noise = replace(noise, reach=1)
            else:
                region = None
        crop = None if noise.is_filmed else find_crop(source, packets.key_times, moments)
    return SlidePlan(
        media=media,
        borders=tuple(borders(packets, part_s)),
        noise=noise,
        region=region,
        crop=crop,
        packets=packets.packed(),
        end_s=packets.end_s,
        whole=packets.whole,
        ahead_s=packets.ahead_s,
    )


def _moments(source: FrameSource, packets: PacketIndex) -> list[Gray]:
    """Thumbs of key frames spread over the recording."""
    keys = packets.key_times
    chosen = keys[np.linspace(0, len(keys) - 1, min(_MOMENTS, len(keys))).round().astype(int)]
    frames = (source.frame_at(t) for t in chosen.tolist())
    return [source.thumb(frame) for frame in frames if frame is not None]


def borders(packets: PacketIndex, part_s: float) -> list[float]:
    """Seconds from 0 to the end at which parts meet: key frames, in calm places where there are some."""
    found = [0.0]
    length_s = min(_FIRST_PART_S, part_s)
    # What is left for the last part is a part or two halves, never a snippet.
    while packets.end_s - found[-1] > length_s + part_s / 2:
        border = _calmest(packets, found[-1] + (1 - _LEEWAY) * length_s, found[-1] + (1 + _LEEWAY) * length_s)
        if border is None:  # no key frame there: on to the next one, wherever it is
            later = packets.key_times[packets.key_times > found[-1] + length_s]
            if not len(later) or packets.end_s - later[0] < part_s / 4:
                break
            border = float(later[0])
        found.append(border)
        length_s = part_s
    return [*found, packets.end_s]


def _calmest(packets: PacketIndex, from_s: float, until_s: float) -> float | None:
    """The key frame between two times that lies nearest to their middle, calm ones first."""
    keys = packets.key_times
    best: tuple[float, float] | None = None
    for i in range(*(int(at) for at in keys.searchsorted((from_s, until_s)))):
        t = float(keys[i])
        before_s = float(keys[i - 1]) if i else 0.0
        after_s = float(keys[i + 1]) if i + 1 < len(keys) else packets.end_s
        calm = not packets.spikes(before_s, after_s) and not packets.spaced_off_grid(t)
        far_s = abs(t - (from_s + until_s) / 2) + (0.0 if calm else _CALM_S)
        if best is None or far_s < best[0]:
            best = (far_s, t)
    return None if best is None else best[1]


def _noise_of(source: FrameSource, packets: PacketIndex) -> Noise:
    """The noise of a recording's picture, from a fraction of a second here and there."""
    keys = packets.key_times
    chosen = np.linspace(0, len(keys) - 1, min(_NOISE_PROBES, len(keys))).round().astype(int).tolist()

    bursts = [burst(source, float(keys[i]), PROBE_S) for i in chosen]
    pairs = []
    for i, thumbs in zip(chosen, bursts, strict=True):
        later = source.frame_at(float(keys[i + 1])) if thumbs and i + 1 < len(keys) else None
        if later is not None:
            pairs.append((thumbs[0], source.thumb(later)))
    return measure_noise(bursts, sways(pairs))
