"""Slides, and windows of programs that are shown amid them."""

from __future__ import annotations

from collections.abc import Sequence

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont
from slide_videos import Picture, slide

A = slide("Motivation", ["Aggregate demand", "Price stickiness", "Who sets them"])
B = slide("Main result", ["Bound on the learning rate", "Warm restarts help"])
C = slide("Failure modes", ["Saddle points", "Mini-batch noise", "Lipschitz constant"])
SIZE = 1280, 720
BROWSER = [(16, 8, "Results dashboard    x"), (300, 8, "Inbox    x"), (560, 8, "+"), (1180, 8, "-   o   x")]
EDITOR = [
    (20, 8, "File   Edit   Selection   View   Go   Run   Terminal   Help"),
    (560, 8, "train.py - project"),
]
TASKS = [(60, 700, "Type here to search"), (400, 700, "Mail"), (640, 700, "Files"), (1190, 700, "10:32")]
DASHBOARD = "Cases by country|1,204 in the north|88 in the south", "Filters|From April to June|All states"


def large(page: Picture) -> Picture:
    return np.asarray(cv2.resize(page, SIZE, interpolation=cv2.INTER_CUBIC), np.uint8)


def window(
    bars: Sequence[tuple[int, int, str]], content: str, address: str = "", *, foot: bool = False
) -> Picture:
    """A program's window that fills the screen, in small print; `foot`: above a task bar."""
    picture = Image.new("RGB", SIZE, (250, 250, 250))
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 0, SIZE[0], 66), (222, 225, 230))
    if foot:
        draw.rectangle((0, 678, *SIZE), (235, 235, 235))
    small, body = ImageFont.load_default(16), ImageFont.load_default(22)
    for x, y, text in (*bars, (90, 40, address), (1150, 40, "Share"), (700, 40, "Open")):
        draw.text((x, y), text, (30, 30, 30), font=small)
    for row, line in enumerate(content.split("|")):
        draw.text((80, 110 + 60 * row), line, (20, 20, 20), font=body)
    return np.asarray(picture, np.uint8)
