"""A camera's view of a projected slide: perspective, glow, noise, a hand-held shake, somebody in front."""

from __future__ import annotations

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.slides.actors import Head, Picture
from benchmarks.slides.profiles import Profile


class Room:
    def __init__(self, profile: Profile, seed: int, speaker: Head) -> None:
        self._width, self._height = width, height = profile.size
        self._fps, self._speaker = profile.fps, speaker
        chance = np.random.default_rng(seed)
        self._wall = _wall(width, height)
        corners = [
            [width * chance.uniform(0.08, 0.13), height * chance.uniform(0.05, 0.09)],
            [width * chance.uniform(0.88, 0.93), height * chance.uniform(0.03, 0.08)],
            [width * chance.uniform(0.87, 0.92), height * chance.uniform(0.80, 0.86)],
            [width * chance.uniform(0.09, 0.14), height * chance.uniform(0.82, 0.88)],
        ]
        screen = np.array([[0, 0], [width, 0], [width, height], [0, height]], np.float32)
        self._lens = cv2.getPerspectiveTransform(screen, np.array(corners, np.float32))
        self._noise = [
            (chance.normal(0, 4.5, (height, width, 1)) + chance.normal(0, 2.2, (height, width, 3))).astype(
                np.int16
            )
            for _ in range(9)
        ]
        seconds = int(profile.minutes * 60) + 90
        self._shake_x, self._shake_y = _shake(chance, seconds, 0.5), _shake(chance, seconds, 0.4)
        self._walks = np.array([(t, chance.uniform(-0.1, 1.1)) for t in np.arange(0, seconds, 5.0)])
        t = np.arange(seconds)
        self._exposure = 1 + 0.07 * np.sin(t / 23) + 0.03 * np.sin(t / 5.1)

    def project(self, slide: Picture) -> Picture:
        """The slide on the wall, as nobody stands before it and the camera is still."""
        size = (self._width, self._height)
        seen = cv2.warpPerspective(slide, self._lens, size, flags=cv2.INTER_AREA)
        lit = cv2.warpPerspective(np.full(slide.shape[:2], 255, np.uint8), self._lens, size) > 127
        light = 0.82 * cv2.GaussianBlur(seen, (0, 0), 0.8).astype(np.float32) + 22
        picture = self._wall.copy()
        picture[lit] = np.clip(light, 0, 255).astype(np.uint8)[lit]
        glow = cv2.resize(cv2.GaussianBlur(cv2.resize(picture, (64, 36)), (0, 0), 7), size)
        return np.asarray(cv2.addWeighted(picture, 1, glow, 0.10, 0), np.uint8)

    def film(self, picture: Picture, second: float) -> Picture:
        """What the camera records of the room at that second."""
        picture = picture.copy()
        self._stand_before(picture, second)
        moved = np.array(
            [[1, 0, self._sway(self._shake_x, second)], [0, 1, self._sway(self._shake_y, second)]]
        )
        moved[0, 2] += 2.2 * math.exp(-((second % 41 - 20) ** 2) / 0.3) * math.sin(40 * second)  # a knock
        size = (self._width, self._height)
        picture = np.asarray(
            cv2.warpAffine(picture, moved.astype(np.float32), size, borderMode=cv2.BORDER_REPLICATE), np.uint8
        )
        light = float(np.interp(second, np.arange(len(self._exposure)), self._exposure))
        noise = np.roll(self._noise[int(second * self._fps) % 9], int(second * 9973) % 97, axis=1)
        lit = cv2.convertScaleAbs(picture, alpha=light).astype(np.int16) + noise
        return np.asarray(np.clip(lit, 0, 255), np.uint8)

    def _sway(self, shake: NDArray[np.float64], second: float) -> float:
        return 0.6 * float(np.interp(second, np.arange(len(shake)), shake))

    def _stand_before(self, picture: Picture, second: float) -> None:
        height = int(self._height * 0.62)
        width = height // 2
        left = int(float(np.interp(second, self._walks[:, 0], self._walks[:, 1])) * self._width - width / 2)
        first, last = max(0, left), min(self._width, left + width)
        if last <= first:
            return
        person, mask = self._speaker.cut_out(width, height, second)
        part = picture[self._height - height :, first:last]
        there = mask[:, first - left : last - left] > 0
        part[there] = (person[:, first - left : last - left][there] * 0.75).astype(np.uint8)


def _wall(width: int, height: int) -> Picture:
    y, x = np.mgrid[0:height, 0:width]
    light = 52 - 24 * np.hypot((x - width / 2) / width, (y - height / 3) / height)
    wall = np.clip(light[..., None] * (1.05, 0.95, 0.85), 0, 255).astype(np.uint8)
    cv2.rectangle(wall, (0, int(height * 0.9)), (width, height), (38, 28, 20), -1)
    return np.asarray(wall, np.uint8)


def _shake(chance: np.random.Generator, seconds: int, step: float) -> NDArray[np.float64]:
    """Pixels off the middle, by the second: a random walk that is pulled back."""
    walk = np.cumsum(chance.normal(0, step, seconds))
    return np.asarray(walk - np.convolve(walk, np.ones(15) / 15, "same"))
