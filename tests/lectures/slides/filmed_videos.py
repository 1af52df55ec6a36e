"""What a camera makes of slides: at an angle, in a dim room, swaying, with a lecturer walking before them."""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from slide_videos import HEIGHT, WIDTH, Picture

CORNERS = np.array([[70, 30], [560, 20], [548, 285], [62, 290]], np.float32)
_FRAME = np.array([[0, 0], [WIDTH, 0], [WIDTH, HEIGHT], [0, HEIGHT]], np.float32) - 0.5


def in_a_room(picture: Picture, corners: np.ndarray = CORNERS, *, wall: int = 45) -> Picture:
    """The slide projected on a wall, white being no more than grey and black lifted."""
    room = np.full((HEIGHT, WIDTH, 3), wall, np.uint8)
    room[HEIGHT * 9 // 10 :] = wall // 2
    matrix = cv2.getPerspectiveTransform(_FRAME, corners.astype(np.float32))
    dim = cv2.convertScaleAbs(picture, alpha=0.8, beta=22)
    projected = cv2.warpPerspective(dim, matrix, (WIDTH, HEIGHT), flags=cv2.INTER_AREA)
    on_wall = cv2.warpPerspective(np.full((HEIGHT, WIDTH), 255, np.uint8), matrix, (WIDTH, HEIGHT))
    room[on_wall > 127] = cv2.GaussianBlur(projected, (3, 3), 0)[on_wall > 127]
    return room


def lecturer_at(x: float, t: float) -> np.ndarray:
    """(rows, columns) of 0 or 1: somebody standing at `x` of the width, who cannot keep still."""
    there = np.zeros((HEIGHT, WIDTH), np.uint8)
    middle = round(x * WIDTH + 4 * np.sin(3 * t))
    cv2.ellipse(there, (middle, HEIGHT), (48, 110), 0, 0, 360, 1, -1)
    cv2.circle(there, (middle, HEIGHT - 135), 30, 1, -1)
    return there


def with_lecturer(picture: Picture, x: float, t: float) -> Picture:
    shown = picture.copy()
    there = lecturer_at(x, t).astype(bool)
    shown[there] = (120, 90, 70)
    mouth = (round(x * WIDTH + 4 * np.sin(3 * t)), HEIGHT - 125)
    cv2.ellipse(shown, mouth, (10, 1 + round(6 * abs(np.sin(7 * t)))), 0, 0, 360, (40, 20, 20), -1)
    return shown


def filmed(slides: Callable[[float], Picture]) -> Callable[[float], Picture]:
    """The slides as a camera sees them: a lecturer goes to and fro, exposure drifts, the tripod sways."""
    noise = np.random.default_rng(5).normal(0, 3, (4, HEIGHT, WIDTH, 1)).astype(np.int16)

    def view(t: float) -> Picture:
        x = 0.5 + 0.42 * float(np.sin(0.55 * t))
        scene = with_lecturer(in_a_room(slides(t)), x, t)
        sway = np.array([[1, 0, 0.8 * np.sin(1.7 * t)], [0, 1, 0.6 * np.cos(1.1 * t)]], np.float32)
        scene = cv2.warpAffine(scene, sway, (WIDTH, HEIGHT), borderMode=cv2.BORDER_REPLICATE)
        exposed = cv2.convertScaleAbs(scene, alpha=1 + 0.08 * float(np.sin(t / 5))).astype(np.int16)
        return np.clip(exposed + noise[round(t * 10) % 4], 0, 255).astype(np.uint8)

    return view
