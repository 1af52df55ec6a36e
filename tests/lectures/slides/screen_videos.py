"""What a recording of a screen shows besides the slide: bars, a viewer's window, the speaker beside it."""

from __future__ import annotations

import cv2
import numpy as np
from slide_videos import HEIGHT, WIDTH, Picture

from app.lectures.slides.place.crop import Box

BOX = Box(146, 71, 546, 296)  # 16:9
_FONT, _LINE = cv2.FONT_HERSHEY_SIMPLEX, cv2.LINE_AA


def placed(screen: Picture, picture: Picture, box: Box) -> Picture:
    """The picture scaled into a box of the screen."""
    size = (box.right - box.left, box.bottom - box.top)
    screen[box.top : box.bottom, box.left : box.right] = cv2.resize(
        picture, size, interpolation=cv2.INTER_AREA
    )
    return screen


def between_bars(picture: Picture, box: Box, luma: int = 0) -> Picture:
    return placed(np.full((HEIGHT, WIDTH, 3), luma, np.uint8), picture, box)


def in_window(picture: Picture, box: Box = BOX, *, page: int = 1) -> Picture:
    """A document viewer: titles and tools above, an outline at the left, the page number at the bottom."""
    screen = np.full((HEIGHT, WIDTH, 3), 92, np.uint8)
    screen[:46], screen[46:48] = 225, 160
    screen[48:340, :100] = 240
    screen[340:] = 210
    cv2.putText(screen, "lecture.pdf - Viewer", (220, 18), _FONT, 0.5, (30, 30, 30), 1, _LINE)
    for i, tool in enumerate(("File", "Edit", "View", "Go", "Bookmarks", "Help")):
        cv2.putText(screen, tool, (10 + 80 * i, 38), _FONT, 0.4, (40, 40, 40), 1, _LINE)
    for i in range(9):
        cv2.putText(screen, f"{i + 1}. Part", (8, 75 + 28 * i), _FONT, 0.4, (60, 60, 60), 1, _LINE)
    cv2.putText(screen, f"{page} / 24", (320, 354), _FONT, 0.4, (40, 40, 40), 1, _LINE)
    return placed(screen, picture, box)


def beside_speaker(picture: Picture, t: float) -> Picture:
    """A meeting: the slide at the left edge of a dark screen, who speaks at the right, names below."""
    screen = np.full((HEIGHT, WIDTH, 3), 28, np.uint8)
    speaker = screen[120:240, 490:630]
    speaker[:] = (90, 110, 100)
    x = round(70 + 25 * np.sin(2.1 * t))
    cv2.ellipse(speaker, (x, 130), (45, 60), 0, 0, 360, (60, 70, 140), -1, _LINE)
    cv2.circle(speaker, (x, 50), 24, (220, 180, 150), -1, _LINE)
    cv2.ellipse(speaker, (x, 60), (9, 1 + round(5 * abs(np.sin(7 * t)))), 0, 0, 360, (90, 30, 30), -1)
    cv2.putText(screen, "Dr. Ada Example", (500, 256), _FONT, 0.4, (200, 200, 200), 1, _LINE)
    return placed(screen, picture, Box(0, 45, 480, 315))


def editor(line: int) -> Picture:
    """Source code that scrolls; the number of the line and the file's tab change with it."""
    screen = np.full((HEIGHT, WIDTH, 3), 32, np.uint8)
    screen[:24], screen[340:], screen[24:340, :110] = 50, 70, 42
    cv2.putText(screen, f"part_{line % 7}.py", (120 + 60 * (line % 5), 16), _FONT, 0.45, (220,) * 3, 1, _LINE)
    cv2.putText(screen, f"Ln {line}, Col {line % 60}", (430, 355), _FONT, 0.45, (230,) * 3, 1, _LINE)
    for i in range(11):
        cv2.putText(screen, f"module_{i}.py", (6, 48 + 24 * i), _FONT, 0.35, (170,) * 3, 1, _LINE)
    for i in range(19):
        number = line + i
        text = "    " * (number * 7 % 4) + f"value_{number} = compute({number * 37 % 101}, 'x{number % 13}')"
        cv2.putText(screen, text, (122, 42 + 16 * i), _FONT, 0.4, (200, 210, 160), 1, _LINE)
    return screen
