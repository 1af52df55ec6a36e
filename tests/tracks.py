"""A recording with one of its tracks only."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

import av


def only(kind: Literal["video", "audio"], recording: Path, out: Path) -> Path:
    """Copies packets: nothing is encoded anew."""
    with av.open(str(recording)) as source, av.open(str(out), "w") as target:
        (track, *_) = (stream for stream in source.streams if stream.type == kind)
        copy = target.add_stream_from_template(track)
        for packet in source.demux(track):
            if packet.dts is not None:
                packet.stream = copy
                target.mux(packet)
    return out
