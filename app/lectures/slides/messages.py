"""What travels between plan, parts and join of an extraction, as JSON."""

from __future__ import annotations

from typing import Literal

from app.lectures.model import Blob, MediaInfo, SlideExtraction, Value
from app.lectures.slides.compare.noise import Noise
from app.lectures.slides.looks.look import PackedLook
from app.lectures.slides.looks.packets import PacketIndex
from app.lectures.slides.pictures.images import PartImage
from app.lectures.slides.pictures.shots import Shot
from app.lectures.slides.place.crop import Crop
from app.lectures.slides.place.region import Region


class SlidePlan(Value):
    """What every part has to know of the whole recording.

    Part `i` is [borders[i], borders[i + 1]) in seconds; each but the last border is the time of a key frame.
    """

    media: MediaInfo
    borders: tuple[float, ...] = ()
    noise: Noise = Noise()
    region: Region | None = None  # where the slides are, when a camera filmed them
    crop: Crop | None = None  # and when they take part of a screen
    packets: Blob = b""
    end_s: float = 0.0
    whole: bool = True
    ahead_s: float = 0.0  # as in a packet index

    @property
    def parts(self) -> int:
        """How many parts there are: none in a recording without moving pictures."""
        return max(0, len(self.borders) - 1)

    def span(self, index: int) -> tuple[float, float]:
        """(start, end) of a part in seconds."""
        return self.borders[index], self.borders[index + 1]

    def packet_index(self) -> PacketIndex:
        return PacketIndex.unpacked(self.packets, self.end_s, whole=self.whole, ahead_s=self.ahead_s)


class PartState(Value):
    """One thing in view, as a part saw it. But for `looks`, `bare` and `image` all is as in a state."""

    kind: Literal["slide", "presenter", "video", "black"]
    start_s: float
    end_s: float
    looks: tuple[PackedLook, ...]
    built: bool
    stirred: bool = False
    goes_on: bool = False
    bare: PackedLook | None = None
    shots: tuple[Shot, ...]  # what its picture is made from: none unless it is a slide
    uncovered: tuple[Shot, ...] = ()
    steps: tuple[float, ...] = ()
    views: int  # looks that they were chosen from
    image: PartImage | None = None  # none where another state of the part shows more of the same slide

    @property
    def picture_s(self) -> float:
        """Second of the frame that most of its picture is made from."""
        return self.shots[0].t if self.shots else self.start_s


class PartSlides(Value):
    """What one part found. From `settled_s` on (its end, or shortly after) the next part's word counts."""

    index: int
    states: tuple[PartState, ...]
    settled_s: float


class ImageOrigin(Value):
    """Where the picture of a slide comes from: `part` None means the folder given to `join`."""

    part: int | None
    file: str
    annotated: str | None = None


class JoinedSlides(Value):
    """The whole extraction; `origins[i]` are the files of `extraction.slides[i]`."""

    extraction: SlideExtraction
    origins: tuple[ImageOrigin, ...] = ()
