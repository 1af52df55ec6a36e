"""The HTML study guide names the script that may run on it: a browser runs no other."""

from __future__ import annotations

import re
from base64 import b64encode
from hashlib import sha256

from rendering_lecture import Lecture

from app.lectures.rendering import study_guide_html


def test_the_page_lets_its_own_script_run_and_no_other(hashing: Lecture) -> None:
    text = study_guide_html(
        hashing.notes,
        hashing.extraction,
        hashing.texts,
        image_folder="slides",
        recording_url="https://lectures.example/7/recording.mp4",
    )
    (script,) = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]*)"', text)
    digest = b64encode(sha256(script.encode()).digest()).decode()
    assert f"script-src 'sha256-{digest}';" in policy
    assert text.index("http-equiv") < text.index("<title>"), "before anything that a lecture says"
