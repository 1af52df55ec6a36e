"""Recording in, distinct slides with their times and pictures out (see `extract`)."""

from app.lectures.slides.extract import extract
from app.lectures.slides.listing import write_listing

__all__ = ["extract", "write_listing"]
