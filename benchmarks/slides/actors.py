"""What moves in a rendered lecture beside its slides: a speaker, a film inside a slide, a pointer."""

from __future__ import annotations

import math
import random

import cv2
import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]  # height x width x RGB
Mask = NDArray[np.uint8]  # height x width; 255 where there is somebody
Way = NDArray[np.float64]  # rows of (second, x, y), x and y from 0 to 1


class Head:
    """A speaker from the chest up who sways, blinks and speaks; the same seed is the same person."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self._skin = tuple(int(v) for v in chance.integers([150, 100, 70], [235, 190, 160]))
        self._hair = tuple(int(v) for v in chance.integers(20, 110, 3))
        self._shirt = tuple(int(v) for v in chance.integers(30, 200, 3))
        small = chance.integers(40, 190, (5, 8, 3)).astype(np.uint8)
        room = cv2.GaussianBlur(cv2.resize(small, (640, 480), interpolation=cv2.INTER_CUBIC), (0, 0), 9)
        for _ in range(6):  # a shelf, a picture, a plant
            x, y = int(chance.integers(0, 600)), int(chance.integers(0, 300))
            far = (x + int(chance.integers(20, 90)), y + int(chance.integers(60, 200)))
            cv2.rectangle(room, (x, y), far, tuple(int(v) for v in chance.integers(30, 200, 3)), -1)
        self._room = room
        self._phase = chance.uniform(0, 2 * math.pi, 6)

    def draw(self, width: int, height: int, second: float) -> Picture:
        """In their room, as a web camera sees them."""
        picture = np.asarray(cv2.resize(self._room, (width, height)), dtype=np.uint8)
        self._paint(picture, None, second)
        return picture

    def cut_out(self, width: int, height: int, second: float) -> tuple[Picture, Mask]:
        """Without the room, for somebody who stands before a projection."""
        picture = np.zeros((height, width, 3), np.uint8)
        mask = np.zeros((height, width), np.uint8)
        self._paint(picture, mask, second)
        return picture, mask

    def _paint(self, picture: Picture, mask: Mask | None, t: float) -> None:
        height, width = picture.shape[:2]
        phase = self._phase
        sway = 0.05 * math.sin(0.7 * t + phase[0]) + 0.02 * math.sin(2.3 * t + phase[1])
        nod = 0.015 * math.sin(1.9 * t + phase[2])
        x, y, size = int(width * (0.5 + sway)), int(height * (0.42 + nod)), int(height * 0.2)

        def ellipse(centre: tuple[int, int], axes: tuple[int, int], colour: tuple[int, ...]) -> None:
            cv2.ellipse(picture, centre, axes, 0, 0, 360, colour, -1, cv2.LINE_AA)
            if mask is not None:
                cv2.ellipse(mask, centre, axes, 0, 0, 360, 255, -1)

        body = (int(width * (0.5 + sway * 0.6)), int(height * 1.02))
        ellipse(body, (int(width * 0.36), int(height * 0.4)), self._shirt)
        ellipse((x, y - int(size * 0.2)), (int(size * 0.85), int(size * 1.1)), self._hair)
        ellipse((x, y), (int(size * 0.75), size), self._skin)
        lid = 1 if (t * 0.9 + phase[3]) % 4 < 0.15 else max(1, int(0.09 * size))
        for side in (-0.3, 0.3):
            eye = (x + int(side * size), y - int(0.15 * size))
            cv2.ellipse(picture, eye, (max(1, int(0.09 * size)), lid), 0, 0, 360, (30, 25, 25), -1)
        opened = abs(math.sin(7.3 * t + phase[4]) * math.sin(1.7 * t))
        mouth = (int(0.28 * size), max(1, int(0.16 * size * opened)))
        cv2.ellipse(picture, (x, y + int(0.5 * size)), mouth, 0, 0, 360, (110, 40, 40), -1)
        hand = (
            int(width * (0.2 + 0.12 * math.sin(1.3 * t + phase[5]))),
            int(height * (0.85 + 0.08 * math.sin(2.1 * t))),
        )
        ellipse(hand, (int(size * 0.3), int(size * 0.3)), self._skin)


class Film:
    """A moving picture inside a slide: drifting colours, bouncing balls, a cut now and then."""

    def __init__(self, seed: int) -> None:
        chance = np.random.default_rng(seed)
        self._scenes = [
            cv2.resize(
                chance.integers(0, 255, (9, 16, 3)).astype(np.uint8),
                (1600, 900),
                interpolation=cv2.INTER_CUBIC,
            )
            for _ in range(2)
        ]
        self._phase = chance.uniform(0, 6, 8)
        self._cut_s = chance.uniform(6, 14)

    def draw(self, width: int, height: int, second: float) -> Picture:
        scene = self._scenes[int(second / self._cut_s) % 2]
        x = int(second * 40 % 800)
        picture = np.asarray(cv2.resize(scene[200:650, x : x + 800], (width, height)), dtype=np.uint8)
        for i in range(4):
            ball = (
                int(width * (0.5 + 0.45 * math.sin(second * (0.8 + 0.3 * i) + self._phase[i]))),
                int(height * (0.5 + 0.42 * math.cos(second * (1 + 0.2 * i) + self._phase[i + 4]))),
            )
            cv2.circle(picture, ball, max(4, height // 14), (255, 255 - 50 * i, 40 * i), -1, cv2.LINE_AA)
        return picture


def way(chance: random.Random, start_s: float, end_s: float, *, rests: float = 0.55) -> Way:
    """A pointer's way between two seconds: bursts of movement, and rests with that probability."""
    knots = []
    t, x, y = start_s, chance.uniform(0.2, 0.8), chance.uniform(0.2, 0.8)
    while t < end_s:
        knots.append((t, x, y))
        t += chance.uniform(1, 6) if chance.random() < rests else chance.uniform(0.1, 0.4)
        knots.append((t, x, y))
        x = min(0.95, max(0.03, x + chance.gauss(0, 0.22)))
        y = min(0.95, max(0.05, y + chance.gauss(0, 0.2)))
        t += chance.uniform(0.25, 1.2)
        knots.append((t, x, y))
    return np.array(knots)


def place(knots: Way, second: float) -> tuple[float, float]:
    """Where the pointer is: (x, y) from 0 to 1."""
    return (
        float(np.interp(second, knots[:, 0], knots[:, 1])),
        float(np.interp(second, knots[:, 0], knots[:, 2])),
    )


_ARROW = ((0, 0), (0, 1), (0.28, 0.74), (0.5, 1.12), (0.64, 1.05), (0.44, 0.68), (0.7, 0.68))


def draw_cursor(picture: Picture, where: tuple[float, float]) -> None:
    """A mouse arrow whose tip is at (x, y), 0 to 1; 30 pixels long in 1080 lines."""
    height, width = picture.shape[:2]
    x, y, size = int(where[0] * width), int(where[1] * height), 30 * height / 1080
    outline = np.array([(x + px * size, y + py * size) for px, py in _ARROW], np.int32)
    cv2.fillPoly(picture, [outline], (255, 255, 255), cv2.LINE_AA)
    cv2.polylines(picture, [outline], True, (0, 0, 0), max(1, int(2 * height / 1080)), cv2.LINE_AA)


def draw_laser(picture: Picture, where: tuple[float, float], second: float) -> None:
    """A red spot that trembles as a hand does."""
    height, width = picture.shape[:2]
    unit = height / 1080
    spot = (
        int(where[0] * width + 3 * unit * math.sin(31 * second)),
        int(where[1] * height + 3 * unit * math.cos(27 * second)),
    )
    cv2.circle(picture, spot, max(3, int(11 * unit)), (255, 60, 60), -1, cv2.LINE_AA)
    cv2.circle(picture, spot, max(1, int(5 * unit)), (255, 220, 220), -1, cv2.LINE_AA)
