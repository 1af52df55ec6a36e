"""Content analysis without a language model: everything is extracted, nothing is invented."""

from app.lectures.analysis.notes import analyze

__all__ = ["analyze"]
