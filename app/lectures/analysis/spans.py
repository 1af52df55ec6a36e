"""A section of a lecture before it has content."""

from __future__ import annotations

from dataclasses import dataclass, replace

_MOST = 14


@dataclass(frozen=True)
class Span:
    """`positions` are those of its sentences in the speech."""

    slides: tuple[int, ...]
    start_s: float
    end_s: float
    positions: range = range(0)
    title: str = ""
    frame_s: float = 0.0  # of greetings and outlines at its front
    heading: str = ""  # the point of the agenda that it begins
    closing: bool = False  # the summary at the end of the lecture
    opens: bool = False  # a section slide or a point of the agenda: never merged with what is before

    @property
    def length_s(self) -> float:
        return self.end_s - self.start_s

    @property
    def topic_s(self) -> float:
        return self.length_s - self.frame_s


def most_sections(duration_s: float) -> int:
    """5 for three minutes, 12 for an hour, never above 14."""
    return min(_MOST, round(5.0 + duration_s / 540))


def joined(first: Span, second: Span) -> Span:
    return replace(
        first,
        slides=first.slides + second.slides,
        end_s=second.end_s,
        positions=range(first.positions.start, second.positions.stop),
    )
