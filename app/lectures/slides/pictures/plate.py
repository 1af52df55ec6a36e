"""What stands behind somebody who walks before it: one picture put together from many looks.

Each pixel holds the brightness that most looks agreed upon (a majority vote kept by one value and one
counter a pixel, Boyer & Moore 1981, with the running mean of those that agree).
"""

from __future__ import annotations

import cv2
import numpy as np

from app.lectures.slides.compare.exposure import evened
from app.lectures.slides.looks.look import Look
from app.lectures.slides.pictures.shots import FilmedAlbum

# Luma within which two looks agree; votes that a pixel can gather; votes that make it known.
_AGREE, _MOST_VOTES, _KNOWN = 20, 40, 2
# Looks over which the mean runs, at most.
_RUN = 12


class Plate:
    """Pictures of one shape; exposure may drift between them."""

    def __init__(self, look: Look) -> None:
        self._values = look.gray.astype(np.float32)
        self._votes = np.where(look.moving, 0, 1).astype(np.uint8)
        self._first_s, self._seen = look.t, 1
        self._shown: Look | None = None
        self.album = FilmedAlbum()
        self.album.add(look)

    def add(self, look: Look) -> None:
        self.album.add(look)
        shown = self.look().gray
        gray = evened(look, self.look()).gray
        seen = (~look.moving).view(np.uint8)
        agrees = (cv2.absdiff(gray, shown) <= _AGREE).view(np.uint8) & seen
        fresh = (self._votes == 0).view(np.uint8) & seen
        self._seen += 1
        cv2.accumulateWeighted(gray, self._values, max(1 / self._seen, 1 / _RUN), mask=agrees)
        np.copyto(self._values, gray, where=fresh.view(bool), casting="unsafe")
        against = seen - agrees
        votes = cv2.add(cv2.subtract(self._votes, against), agrees | fresh)
        self._votes = np.minimum(votes, _MOST_VOTES).astype(np.uint8)
        self._shown = None

    def inherit(self, older: Plate) -> None:
        """Take over what only the older plate knows: this one shows the same and more."""
        gray = evened(older.look(), self.look()).gray
        blank = (self._votes < _KNOWN) & (older._votes >= _KNOWN)
        self._values[blank] = gray[blank]
        self._votes[blank] = _KNOWN
        self._shown = None

    def look(self) -> Look:
        """The plate as a look at the first moment: what is not known yet is marked as moving."""
        if self._shown is None:
            gray = np.clip(np.rint(self._values), 0, 255).astype(np.uint8)
            self._shown = Look(self._first_s, gray, self._votes < _KNOWN)
        return self._shown
