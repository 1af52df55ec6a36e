"""Slides of a described content, one picture for each build step."""

from __future__ import annotations

import random
from collections.abc import Callable
from itertools import pairwise

from PIL import Image, ImageDraw

from benchmarks.slides.content import Content
from benchmarks.slides.fonts import font

Colour = tuple[int, int, int]

# Background, title, text, accent, band behind the title.
THEMES: tuple[tuple[Colour, Colour, Colour, Colour, Colour | None], ...] = (
    ((255, 255, 255), (20, 40, 90), (30, 30, 30), (200, 60, 30), None),
    ((255, 255, 255), (255, 255, 255), (25, 25, 25), (30, 110, 180), (28, 60, 110)),
    ((28, 30, 36), (240, 240, 240), (215, 215, 220), (250, 180, 40), None),
    ((247, 243, 232), (90, 30, 20), (50, 40, 35), (150, 90, 20), None),
    ((255, 255, 255), (60, 120, 40), (60, 60, 60), (120, 180, 40), (232, 246, 214)),
    ((16, 44, 74), (255, 255, 255), (225, 235, 245), (90, 200, 230), None),
)
FILM_BOX = (0.5, 0.26, 0.45, 0.52)  # x, y, width, height; shares of the picture
_FORMULAS = (
    "∂L/∂w = Σ (ŷ − y) · x",
    "x(t+1) = A x(t) + B u(t)",
    "P(A|B) = P(B|A) P(A) / P(B)",
    "∇·E = ρ/ε₀",
    "O(n log n) ≤ T(n)",
    "E[X] = ∫ x f(x) dx",
)


class _Sheet:
    """A slide being drawn; coordinates are those of a picture of 1080 lines."""

    def __init__(self, content: Content, width: int, height: int) -> None:
        self.content = content
        self.back, self.title, self.text, self.accent, self.band = THEMES[content.theme]
        self.unit = height / 1080
        self.right = width / self.unit
        self.image = Image.new("RGB", (width, height), self.back)
        self.pen = ImageDraw.Draw(self.image)
        self.chance = random.Random(content.seed)

    def at(self, *values: float) -> list[int]:
        return [int(value * self.unit) for value in values]

    def write(
        self,
        x: float,
        y: float,
        text: str,
        size: float = 40,
        *,
        colour: Colour | None = None,
        family: str | None = None,
        bold: bool = False,
        anchor: str = "la",
    ) -> None:
        face = font(family or self.content.family, max(4, int(size * self.unit)), bold)
        (px, py) = self.at(x, y)
        self.pen.text((px, py), text, font=face, fill=colour or self.text, anchor=anchor)

    def line(self, *points: float, thick: float = 4) -> None:
        self.pen.line(self.at(*points), fill=self.text, width=max(1, int(thick * self.unit)))


def draw(content: Content, width: int, height: int, steps: int) -> list[Image.Image]:
    """`steps` pictures at most, the last with everything on it."""
    count = min(steps, content.builds)
    return [_draw(content, width, height, step, step == count) for step in range(1, count + 1)]


def _draw(content: Content, width: int, height: int, step: int, last: bool) -> Image.Image:
    sheet = _Sheet(content, width, height)
    if sheet.band:
        sheet.pen.rectangle([0, 0, width, int(150 * sheet.unit)], fill=sheet.band)
    if content.kind != "section":
        sheet.write(90, 48, content.title, 58, colour=sheet.title, bold=True)
    _BODIES[content.kind](sheet, step, last)
    if content.page is not None:
        sheet.write(sheet.right - 60, 1030, str(content.page), 26, family="sans", anchor="rm")
    return sheet.image


def _section(sheet: _Sheet, step: int, last: bool) -> None:
    sheet.pen.rectangle(sheet.at(0, 430, sheet.right, 640), fill=sheet.accent)
    title = sheet.content.subject.title()
    sheet.write(sheet.right / 2, 535, title, 76, colour=(255, 255, 255), bold=True, anchor="mm")


def _bullets(sheet: _Sheet, step: int, last: bool) -> None:
    shown = sheet.content.bullets if last else sheet.content.bullets[:step]
    _points(sheet, list(shown))
    if sheet.content.number % 3 == 0 and last:
        number = f"{sheet.content.number} %"
        sheet.write(sheet.right - 420, 780, number, 110, colour=sheet.accent, bold=True)


def _film(sheet: _Sheet, step: int, last: bool) -> None:
    _points(sheet, [text[:34] for text in sheet.content.bullets[:3]])


def _points(sheet: _Sheet, texts: list[str]) -> None:
    for i, text in enumerate(texts):
        y = 220 + 118 * i
        sheet.pen.ellipse(sheet.at(100, y + 12, 116, y + 28), fill=sheet.accent)
        sheet.write(145, y, text)


def _chart(sheet: _Sheet, step: int, last: bool) -> None:
    left, top, right, bottom = 240, 240, 1250, 930
    sheet.line(left, top, left, bottom, right, bottom)
    heights = [sheet.chance.uniform(0.15, 1) for _ in range(8)]
    for i, share in enumerate(heights if last else heights[:4]):
        x = left + (i + 0.6) * (right - left) / 8.6
        bar = sheet.at(x, bottom - share * (bottom - top), x + 101, bottom - 2)
        sheet.pen.rectangle(bar, fill=sheet.accent if i % 2 or sheet.band else sheet.title)
        sheet.write(x + 50, bottom + 20, str(2015 + i), 26, anchor="mt")
    sheet.write(1330, 330, f"n = {sheet.content.number * 7}")
    sheet.write(1330, 420, f"R² = 0.{sheet.content.number}")


def _table(sheet: _Sheet, step: int, last: bool) -> None:
    for row in range(7 if last else 4):
        y = 240 + row * 100
        for column in range(5):
            if row == 0:
                text = ("", "A", "B", "C", "D")[column]
            elif column == 0:
                text = sheet.content.bullets[row % len(sheet.content.bullets)].split()[-1]
            else:
                text = f"{sheet.chance.uniform(0, 99):.1f}"
            if (row, column) == (3, 2):
                text = f"{sheet.content.number}.5"
            colour = sheet.accent if row == 0 else None
            sheet.write(120 + column * 330, y, text, colour=colour, bold=row == 0)
        sheet.line(110, y - 10, 1780, y - 10, thick=2)


def _formula(sheet: _Sheet, step: int, last: bool) -> None:
    for i in range(4 if last else 2):
        text = f"({i + 1})   {_FORMULAS[(sheet.content.number + i) % len(_FORMULAS)]}"
        sheet.write(260, 260 + 170 * i, text, 58, family="serif")
    sheet.write(260, 950, f"with λ = 0.{sheet.content.number}", colour=sheet.accent)


def _diagram(sheet: _Sheet, step: int, last: bool) -> None:
    nodes = [(sheet.chance.randint(200, 1600), sheet.chance.randint(250, 900)) for _ in range(7)]
    nodes = nodes if last else nodes[:4]
    for (x0, y0), (x1, y1) in pairwise(nodes):
        sheet.line(x0, y0, x1, y1, thick=5)
    for i, (x, y) in enumerate(nodes):
        circle = sheet.at(x - 62, y - 62, x + 62, y + 62)
        sheet.pen.ellipse(circle, fill=sheet.accent, outline=sheet.text, width=max(1, int(4 * sheet.unit)))
        name = f"v{i + sheet.content.number % 10}"
        sheet.write(x, y, name, 38, colour=sheet.back, bold=True, anchor="mm")


def _code(sheet: _Sheet, step: int, last: bool) -> None:
    number = sheet.content.number
    lines = (
        f"def solve(xs, eps=1e-{number % 9 + 1}):",
        "    best = None",
        "    for i, x in enumerate(xs):",
        f"        y = f(x) + {number} * g(x)",
        "        if best is None or y < best[0]:",
        "            best = (y, i)",
        "    return best",
        "",
        f">>> solve(range({number * 3}))",
        f"(0.{number + 1}, 7)",
    )
    for i, text in enumerate(lines if last else lines[:7]):
        sheet.write(140, 220 + 74 * i, text, family="mono")


_BODIES: dict[str, Callable[[_Sheet, int, bool], None]] = {
    "section": _section,
    "bullets": _bullets,
    "film": _film,
    "chart": _chart,
    "table": _table,
    "formula": _formula,
    "diagram": _diagram,
    "code": _code,
}
