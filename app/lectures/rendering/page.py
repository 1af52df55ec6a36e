"""The study guide as one HTML page that needs nothing but its pictures and the recording."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from app.lectures.model import LectureNotes, SlideExtraction, SlideText
from app.lectures.rendering.text import is_audio
from app.lectures.rendering.view import study_guide

_templates = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
_SCRIPT = (Path(__file__).parent / "templates" / "guide.js").read_text()
# The page lets this script run and no other, whatever else a lecture's words may hold.
_SCRIPT_DIGEST = b64encode(sha256(_SCRIPT.encode()).digest()).decode()


def study_guide_html(
    notes: LectureNotes,
    extraction: SlideExtraction | None,
    texts: Sequence[SlideText],
    *,
    image_folder: str,
    recording_url: str | None,
) -> str:
    """The guide as one page with its style and script inline; pictures are at `<image_folder>/<file>`.

    With a recording the page has a player, and every time on it plays from there; without script
    the same links open the recording. BadInput if `recording_url` is no web address.
    """
    guide = study_guide(notes, extraction, texts, recording_url=recording_url)
    folder = image_folder.rstrip("/")

    def picture(file: str) -> str:
        return quote(f"{folder}/{file}" if folder else file)

    return _templates.get_template("guide.html.j2").render(
        guide=guide,
        picture=picture,
        player="audio" if is_audio(guide.recording_url) else "video",
        script=Markup(_SCRIPT),  # noqa: S704 - our own file
        script_digest=_SCRIPT_DIGEST,
    )
