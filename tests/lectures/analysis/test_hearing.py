from __future__ import annotations

from lecture_texts import say, slide_texts

from app.lectures.analysis.hearing import UNSURE, doubted_words, doubts, respelled
from app.lectures.model import Interval, Sentence, Slide, SlideExtraction, Transcript
from app.lectures.slide_text import content_lines


def sentence(text: str, **doubted: float) -> Sentence:
    spoken = say(text, 1.0, 0.95)
    words = [word.model_copy(update={"probability": doubted.get(word.text, 0.95)}) for word in spoken.words]
    return Sentence(words=tuple(words))


def heard(spoken: Sentence, line: str) -> str:
    slide = Slide(
        number=1,
        intervals=(Interval(start_s=0, end_s=60),),
        image="1.png",
        width=100,
        height=100,
        frame_s=0.0,
    )
    transcript = Transcript(language="en", model="m", sentences=(spoken,), duration_s=60)
    lines = content_lines(slide_texts({"slides": [{"number": 1, "lines": [["Tides", 60], [line, 30]]}]}))
    return respelled(transcript, SlideExtraction(slides=(slide,), duration_s=60), lines).sentences[0].text


def test_a_word_on_a_slide_is_believed() -> None:
    spoken = [sentence("the zebra walks", zebra=0.3)]
    assert doubts(spoken, {"zebra"})[0] < UNSURE <= doubts(spoken, set())[0]


def test_an_unsure_figure_is_worse_than_an_unsure_word() -> None:
    figure, word = sentence("it takes 30 hours", **{"30": 0.5}), sentence("it takes many hours", many=0.5)
    assert doubts([figure], set())[0] > doubts([word], set())[0]


def test_a_poor_microphone_does_not_condemn_every_sentence() -> None:
    poor = [say("all of these words are poorly heard", 10.0 * at, 0.6) for at in range(5)]
    assert max(doubts(poor, set())) < UNSURE


def test_a_doubted_word_is_spelt_as_on_the_slide() -> None:
    spoken = sentence("An eat tide is small", eat=0.3)
    assert heard(spoken, "neap tide in the bay") == "A neap tide is small"
    assert heard(spoken, "spring tide in the bay") == "An eat tide is small", "sounds otherwise"
    assert heard(spoken, "neap water in the bay") == "An eat tide is small", "nothing beside it agrees"
    assert heard(sentence("An eat tide is small"), "neap tide") == "An eat tide is small", "surely heard"


def test_three_unsure_words_in_a_row_are_a_stumble() -> None:
    spoken = sentence("I tide as the rise of water", I=0.6, tide=0.6, **{"as": 0.6})
    apart = sentence("I tide was as the rise", I=0.6, tide=0.6, **{"as": 0.6})
    assert doubts([apart], {"tid", "tide"})[0] < UNSURE <= doubts([spoken], {"tid", "tide"})[0]


def test_a_term_is_not_named_by_misheard_words() -> None:
    spoken = [sentence("An eat tide is a tide with a small swing", eat=0.2, tide=0.3)]
    assert doubted_words(spoken, {"tid", "tide"}) == (frozenset({"eat"}),)
