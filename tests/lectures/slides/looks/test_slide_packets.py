"""What packets tell, on made-up sizes; nothing is decoded."""

from __future__ import annotations

import numpy as np
import pytest

from app.lectures.slides.looks.packets import PacketIndex


def index(sizes: list[int], key_every: int, fps: float = 10.0) -> PacketIndex:
    times = np.arange(len(sizes)) / fps
    keys = np.arange(len(sizes)) % key_every == 0
    return PacketIndex(times, np.array(sizes), keys, len(sizes) / fps, True)


def test_spikes_are_bursts_of_large_packets_between_key_frames() -> None:
    sizes = [30_000 if i % 100 == 0 else 80 for i in range(200)]
    sizes[40] = 9_000
    sizes[70:74] = [5_000] * 4
    packets = index(sizes, 100)
    assert packets.spikes(0.0, 10.0) == [(pytest.approx(4.0), 4.0), (pytest.approx(7.0), pytest.approx(7.3))]
    assert packets.spikes(10.0, 20.0) == []


def test_a_slide_amid_lively_pictures_takes_far_fewer_bytes() -> None:
    lively = np.random.default_rng(1).integers(2_000, 6_000, 250).tolist()
    assert not index(lively, 250).calms_down(0.0, 25.0)
    assert not index(lively, 250).calms_down(0.0, 1.5)
    lively[90:140] = [60] * 50
    assert index(lively, 250).calms_down(0.0, 25.0)


def test_a_change_is_located_at_its_packet_or_at_its_key_frame() -> None:
    sizes = [30_000 if i % 50 == 0 else 80 for i in range(150)]
    sizes[43] = 4_000
    packets = index(sizes, 50)
    assert packets.loudest(4.0, 4.5) == pytest.approx(4.3)
    assert packets.loudest(9.8, 10.1) == pytest.approx(10.0)
    assert packets.loudest(6.0, 6.4) == pytest.approx(6.4)


def test_a_change_is_at_the_key_frame_put_there_for_it_and_not_at_a_touch_up() -> None:
    """A key frame off the grid at 7.2 s; an encoder touched the picture up after the one at 4.0 s."""
    sizes = np.full(150, 80)
    keys = np.isin(np.arange(150), (0, 40, 72, 112))
    sizes[keys] = 30_000
    sizes[44] = 655
    packets = PacketIndex(np.arange(150) / 10, sizes, keys, 15.0, True)
    assert packets.loudest(4.0, 7.2) == pytest.approx(7.2)
    assert packets.last_outstanding(4.0, 7.2) == pytest.approx(4.4)
    assert packets.last_outstanding(7.2, 11.2) is None
    sizes[60] = 9_000
    assert packets.loudest(4.0, 7.2) == pytest.approx(6.0)


def test_a_key_frame_off_the_grid_was_put_there_for_a_cut() -> None:
    packets = index([1000] * 100, 20)
    keys = packets.keys.copy()
    keys[[67, 80]] = [True, False]
    packets = PacketIndex(packets.times, packets.sizes, keys, packets.end_s, True)
    assert packets.spaced_off_grid(6.7)
    assert not packets.spaced_off_grid(6.0)


def test_a_grid_may_be_counted_in_frames_or_in_seconds() -> None:
    times = np.concatenate([np.arange(0, 6, 0.1), np.arange(6, 16, 0.5)])  # the frame rate falls at 6 s
    sizes = np.full(len(times), 1000)
    in_frames = PacketIndex(times, sizes, np.arange(len(times)) % 20 == 0, 16.0, True)
    assert not in_frames.spaced_off_grid(6.0)
    at = np.isin(np.arange(len(times)), [0, 20, 40, 60, 64, 68, 70, 72])
    in_seconds = PacketIndex(times, sizes, at, 16.0, True)
    assert not in_seconds.spaced_off_grid(8.0)
    assert in_seconds.spaced_off_grid(11.0)


def test_the_longest_distance_of_key_frames_is_no_grid_when_it_occurs_once() -> None:
    packets = index([1000] * 100, 100)
    keys = packets.keys.copy()
    keys[40] = True
    assert PacketIndex(packets.times, packets.sizes, keys, packets.end_s, True).spaced_off_grid(4.0)


# --------------------------------------------------------------------------- segments and slides
