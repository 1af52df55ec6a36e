"""The deck handed in beside a recording: its pages, which slides show them, which were spoken to when."""

from app.lectures.decks.matching import match_slides
from app.lectures.decks.reading import read_deck
from app.lectures.decks.showing import shown_slides, spoken_slides
from app.lectures.decks.speech import align_to_deck

__all__ = ["align_to_deck", "match_slides", "read_deck", "shown_slides", "spoken_slides"]
