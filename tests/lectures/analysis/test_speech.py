from __future__ import annotations

import numpy as np
from lecture_texts import say

from app.lectures.analysis.essentials import essentials, to_remember
from app.lectures.analysis.questions import ask
from app.lectures.analysis.spans import Span
from app.lectures.analysis.speech import Speech, prepare
from app.lectures.model import AlignedSentence, Sentence

SLIDE = {4: ["The Tidal Range", "Bay of Fundy 16 m"]}


def speech_of(*spoken: Sentence, english: bool = True) -> Speech:
    aligned = [
        AlignedSentence(index=n, text=s.text, start_s=s.start_s, end_s=s.end_s, slide=4, confidence=1.0)
        for n, s in enumerate(spoken)
    ]
    return prepare(aligned, spoken, english=english, embed=None, lines=SLIDE)


def test_a_figure_against_the_slide_is_marked_and_never_replaced() -> None:
    wrong = say("In the Bay of Fundy it can reach 60 meters.", 0.0, 0.98)
    right = say("In the Bay of Fundy it can reach 16 meters.", 9.0, 0.98)
    speech = speech_of(wrong, right)
    assert [s.unsure for s in speech.sentences] == [True, False]
    assert [s.text for s in speech.sentences] == [wrong.text, right.text]


def test_a_transcript_has_no_capitals_in_the_middle_of_a_sentence() -> None:
    spoken = say("So the bulges, um, are dragged along, The water, I think, follows the Moon.", 0.0, 0.98)
    said = "So the bulges, um, are dragged along, the water, I think, follows the Moon."
    assert speech_of(spoken).sentences[0].text == said
    assert speech_of(spoken, english=False).sentences[0].text == spoken.text


def test_nothing_is_asked_of_a_sentence_with_a_doubted_content_word() -> None:
    clear = say("The tide is strongest at the coast because the ground rises there.", 0.0, 0.95)

    def questions(doubted: str) -> int:
        words = [w.model_copy(update={"probability": 0.4}) if w.text == doubted else w for w in clear.words]
        speech = speech_of(Sentence(words=tuple(words)))
        assert not speech.unsure([0])
        return len(ask(speech, range(1), [], [], [1.0]))

    assert [questions(word) for word in ("", "the", "ground")] == [1, 1, 0]


def test_unclear_sentences_are_a_last_resort() -> None:
    unclear = say("The water in that bay sways with a rhythm of its own.", 0.0, 0.95)
    unclear = Sentence(words=tuple(w.model_copy(update={"probability": 0.1}) for w in unclear.words[:4]))
    clear = [
        say(text, 10.0 * n, 0.95)
        for n, text in enumerate(
            ["The moon pulls the nearest water most.", "The coast decides the range."], 1
        )
    ]
    for spoken, listed in (((unclear, *clear), [1, 2]), ((unclear,), [0])):
        speech = speech_of(*spoken)
        value = np.array([0.9, 0.5, 0.5][: len(spoken)])
        span = Span(slides=(4,), start_s=0.0, end_s=30.0, positions=range(len(spoken)))
        chosen = essentials(span, speech, value, {})
        assert [sentence.index for sentence in chosen] == listed
        assert [s.index for s in to_remember([span], speech, value, {0: chosen}, ())] == listed
