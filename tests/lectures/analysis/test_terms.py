from __future__ import annotations

from lecture_texts import build

from app.lectures.analysis import analyze
from app.lectures.model import Sentence, Transcript


def doubted(transcript: Transcript, *, at: int, word: str) -> Transcript:
    sentence = transcript.sentences[at]
    words = [w.model_copy(update={"probability": 0.2 if w.text == word else 0.95}) for w in sentence.words]
    sentences = [*transcript.sentences]
    sentences[at] = Sentence(words=tuple(words))
    return transcript.model_copy(update={"sentences": tuple(sentences)})


LECTURE = {
    "slides": [
        {"number": 1, "lines": [["Collisions", 50], ["Collision: two different keys share one bucket", 30]]}
    ],
    "script": [
        {
            "slide": 1,
            "say": [
                "A collision is the situation in which two different bees lead to one place.",
                "We cannot avoid a collision for ever, whatever the table looks like.",
                "With each collision the search has to look at more of the entries.",
            ],
        }
    ],
}


def test_a_slide_explains_what_was_misheard() -> None:
    transcript, extraction, texts, _ = build(LECTURE)
    clearly = analyze(transcript, extraction, texts, fallback_title="?").sections[0].terms[0]
    assert (clearly.term, clearly.sentence) == ("collision", 0)
    assert "situation" in clearly.explanation
    unclear = doubted(transcript, at=0, word="bees")
    shown = analyze(unclear, extraction, texts, fallback_title="?").sections[0].terms[0]
    assert (shown.sentence, shown.slide) == (None, 1)
    assert shown.explanation == "Collision: two different keys share one bucket"


def test_a_comparison_is_no_explanation() -> None:
    lecture = {
        "slides": [{"number": 1, "lines": [["Gravity", 50], ["mass and distance", 30]]}],
        "script": [
            {
                "slide": 1,
                "say": [
                    "The sun is far heavier than the moon, and the sun is far away.",
                    "Gravity is the force by which the sun pulls on every mass around it.",
                    "Gravity holds the planets near the sun, and gravity holds us to the ground.",
                ],
            }
        ],
    }
    transcript, extraction, texts, _ = build(lecture)
    notes = analyze(transcript, extraction, texts, fallback_title="?")
    assert [term.term.lower() for term in notes.sections[0].terms] == ["gravity"]
