"""A recording of a few seconds, made on the spot: slides of text, one of them shown twice."""

from __future__ import annotations

from pathlib import Path

import av
import cv2
import numpy as np

_FPS, _WIDTH, _HEIGHT = 5, 640, 360
PAGES = {
    "a": ("Hash Tables", "keys, buckets"),
    "b": ("Collisions", "chaining, probing"),
    "c": ("Load Factor", "n / m"),
}
ORDER = ("a", "b", "c", "a")
EACH_S = 6.0


def _page(name: str) -> np.ndarray:
    picture = np.full((_HEIGHT, _WIDTH, 3), 255, np.uint8)
    title, body = PAGES[name]
    cv2.rectangle(picture, (0, 0), (_WIDTH, 70), (90 * (ord(name) - 96), 60, 40), -1)
    cv2.putText(picture, title, (30, 50), cv2.FONT_HERSHEY_SIMPLEX, 1.4, (255, 255, 255), 3)
    for row in range(4):
        text = f"{row + 1}. {body} {'*' * (ord(name) - 95) * (row + 1)}"
        cv2.putText(picture, text, (40, 130 + 55 * row), cv2.FONT_HERSHEY_SIMPLEX, 0.9, (20, 20, 20), 2)
    return picture


def write_video(path: Path, order: tuple[str, ...] = ORDER) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=_FPS, options={"preset": "ultrafast", "g": "10"})
        stream.width, stream.height, stream.pix_fmt = _WIDTH, _HEIGHT, "yuv420p"
        for name in order:
            frame = av.VideoFrame.from_ndarray(_page(name), format="bgr24")
            for _ in range(int(EACH_S * _FPS)):
                frame.pts = None
                container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path
