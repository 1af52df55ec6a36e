"""Words as readers see them: times, lengths, links; and text from outside made safe to set."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote, urlsplit

from app.errors import BadInput

AUDIO_SUFFIXES = (".mp3", ".m4a", ".aac", ".wav", ".flac", ".ogg", ".oga", ".opus", ".weba")
# Control characters break XML, JSON readers and PDF strings; the directional overrides among them
# let a title show its letters in another order than they are stored. Lone surrogates have no UTF-8.
_UNPRINTABLE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
# Characters of a URL that may stand as they are; '%' too, for what is quoted already.
_URL_SAFE = "%:/?#[]@!$&'*+,;=-._~"
_MARKDOWN = re.compile(r"([\\`*_{}\[\]<>#|~$&])")
_MARKDOWN_OPENING = re.compile(r"^(\d{1,9}(?=[.)])|)([-+=.):])")


def clock(seconds: float) -> str:
    """`mm:ss`, or `h:mm:ss` from an hour on; whole seconds, rounded down as players show them."""
    whole = max(0, int(seconds))
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes:02d}:{rest:02d}"


def span(start_s: float, end_s: float) -> str:
    return f"{clock(start_s)}–{clock(end_s)}"


def duration(seconds: float) -> str:
    """A length in words: `45 s`, `12 min`, `1 h 05 min`."""
    if seconds < 60:
        return f"{max(0, int(seconds))} s"
    minutes = round(seconds / 60)
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02d} min"


def clean(text: str) -> str:
    """One line of printable text: control characters out, runs of white space to one space."""
    return " ".join(_UNPRINTABLE.sub("", text).split())


def visual(word: str) -> str:
    """A word's letters from left to right as they are seen: Hebrew, Arabic and the like reversed."""
    right_to_left = any(unicodedata.bidirectional(letter) in {"R", "AL"} for letter in word)
    return word[::-1] if right_to_left else word


def language(code: str) -> str:
    """The primary subtag of a language code, as HTML and PDF readers know it; English if there is none."""
    primary = code.strip().lower().partition("-")[0]
    return primary if re.fullmatch("[a-z]{2,3}", primary) else "en"


def safe_url(url: str | None) -> str | None:
    """`url` quoted, if it is a web address or a relative one; BadInput for any other scheme."""
    if url is None:
        return None
    try:
        scheme = urlsplit(url.strip()).scheme.lower()
    except ValueError as error:
        raise BadInput("The link to the recording or the slides is no valid address.") from error
    if scheme not in {"", "http", "https"}:
        raise BadInput(f"A link in a study guide must be a web address, not {scheme}:.")
    return quote(clean(url), safe=_URL_SAFE)


def at_second(url: str | None, seconds: float | None) -> str | None:
    """A link to one second of a recording, as a media fragment (W3C Media Fragments URI 1.0)."""
    if url is None or seconds is None:
        return None
    return f"{url.partition('#')[0]}#t={max(0, int(seconds))}"


def is_audio(url: str | None) -> bool:
    return url is not None and urlsplit(url).path.lower().endswith(AUDIO_SUFFIXES)


def shorten(text: str, limit: int) -> str:
    """`text` cut at a word to at most `limit` characters, with an ellipsis where it was cut."""
    if len(text) <= limit:
        return text
    head = text[: limit - 1]
    return (head.rpartition(" ")[0] or head).rstrip(" ,;:–-") + "…"


def markdown(text: str) -> str:
    """Text that a Markdown reader (CommonMark, GitHub's) shows exactly as it stands."""
    escaped = _MARKDOWN.sub(r"\\\1", clean(text))
    return _MARKDOWN_OPENING.sub(r"\1\\\2", escaped)


def plural(count: int, noun: str) -> str:
    return f"{count} {noun}" if count == 1 else f"{count} {noun}s"
