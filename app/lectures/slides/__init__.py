"""Recording in, distinct slides with their times and pictures out.

In one piece (`extract`), or spread over workers: `plan`, then `extract_part` for each part, then `join`.
These steps are here; what they are made of is in rooms. `survey` chooses the looks (`looks`) at a part,
which `states` makes states of as `compare` tells them apart; of these, `distinct` makes slides, and
`pictures` a picture each. `place` says where in the picture the slide is.
"""

from app.lectures.slides.extract import extract
from app.lectures.slides.join import join
from app.lectures.slides.listing import write_listing
from app.lectures.slides.messages import ImageOrigin, JoinedSlides, PartSlides, PartState, SlidePlan
from app.lectures.slides.part import extract_part
from app.lectures.slides.pictures.images import PartImage
from app.lectures.slides.plan import plan

__all__ = [
    "ImageOrigin",
    "JoinedSlides",
    "PartImage",
    "PartSlides",
    "PartState",
    "SlidePlan",
    "extract",
    "extract_part",
    "join",
    "plan",
    "write_listing",
]
