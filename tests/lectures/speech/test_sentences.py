"""Words to sentences, without a recogniser."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from app.lectures.model import Interval, SpokenWord, Transcript
from app.lectures.speech import ChunkTranscript, join
from app.lectures.speech.sentences import LONGEST_SENTENCE_S, LONGEST_SENTENCE_WORDS


def speak(
    text: str,
    *,
    start: float = 0.0,
    index: int = 0,
    step: float = 0.4,
    sure: float = 0.9,
    language: str = "en",
) -> ChunkTranscript:
    """Words of 0.3 s every `step` seconds; `|` is a pause of 3 s."""
    words, clock = [], start
    for piece in text.split():
        if piece == "|":
            clock += 3.0
            continue
        words.append(SpokenWord(text=piece, start_s=clock, end_s=clock + 0.3, probability=sure))
        clock += step
    return ChunkTranscript(
        index=index, offset_s=start, duration_s=clock - start, language=language, words=tuple(words)
    )


def said(*chunks: ChunkTranscript) -> list[str]:
    return [sentence.text for sentence in joined(*chunks).sentences]


def joined(*chunks: ChunkTranscript) -> Transcript:
    return join(chunks, duration_s=10_000, model="tiny.en")


def test_punctuation_and_pauses_end_sentences() -> None:
    assert said(speak("We sort. Then we merge? Yes! and so on | without end")) == [
        "We sort.",
        "Then we merge?",
        "Yes! and so on",
        "without end",
    ]


def test_abbreviations_numbers_and_initials_do_not() -> None:
    assert said(
        speak("See Fig. 3 by Dr. Knuth, i.e. Donald E. Knuth, at 3.5 percent. Take vitamin C. It helps.")
    ) == [
        "See Fig. 3 by Dr. Knuth, i.e. Donald E. Knuth, at 3.5 percent.",
        "Take vitamin C.",
        "It helps.",
    ]


def test_full_stops_that_the_recogniser_lost_come_back() -> None:
    lost = "It was the age of wisdom It was the age of The Beatles, In short we sort. So we Sort"
    assert said(speak(lost)) == [
        "It was the age of wisdom.",
        "It was the age of The Beatles, In short we sort.",
        "So we Sort",
    ]
    assert (
        said(speak(lost, language="de"))[0]
        == "It was the age of wisdom It was the age of The Beatles, In short we sort."
    )


def test_a_sentence_runs_on_across_chunks() -> None:
    assert said(speak("merge sort", start=0), speak("is stable.", start=0.9, index=1)) == [
        "merge sort is stable."
    ]


def test_what_two_chunks_heard_is_kept_once() -> None:
    first = speak("we copy each element once", start=0)
    overlapping = speak("element once and then stop.", start=1.2, index=1)
    assert said(first, overlapping) == ["we copy each element once and then stop."]
    doubled = speak("element once. and then stop.", start=2.1, index=1)
    assert said(first, doubled) == ["we copy each element once and then stop."]
    meant = speak("once more.", start=2.1, index=1)
    assert said(first, meant) == ["we copy each element once once more."]


def test_endless_sentences_are_split_at_commas() -> None:
    clause = "one two three four five six seven eight nine ten eleven twelve,"
    parts = said(speak(" ".join([clause] * 10)))
    assert len(parts) > 1
    assert all(part.endswith(",") for part in parts)
    assert " ".join(parts) == " ".join([clause] * 10)


def test_warnings_name_what_is_wrong() -> None:
    assert joined().warnings == ("No speech was found in the recording.",)
    (warning,) = joined(speak("word " * 30, sure=0.3)).warnings
    assert "30% sure" in warning
    assert "English only" in warning
    (warning,) = joined(speak("word " * 60), speak("mot " * 30, start=60, index=1, language="fr")).warnings
    assert "another language (fr)" in warning
    loop = speak("Good.").model_copy(
        update={"left_out": (Interval(start_s=70, end_s=72), Interval(start_s=72.5, end_s=75))}
    )
    (warning,) = joined(loop).warnings
    assert warning.startswith("From 0:01:10 to 0:01:15 the recogniser")


WORDS = st.builds(
    lambda text, start, length: SpokenWord(text=text, start_s=start, end_s=start + length, probability=0.9),
    st.sampled_from(["alpha", "Beta", "gamma.", "delta,", "Dr.", "e"]),
    st.floats(0, 300, allow_nan=False),
    st.floats(-1, 60, allow_nan=False),
)
CHUNKS = st.lists(
    st.builds(
        ChunkTranscript,
        index=st.integers(0, 5),
        offset_s=st.floats(0, 200),
        duration_s=st.just(100.0),
        language=st.just("en"),
        words=st.lists(WORDS, max_size=150).map(tuple),
    ),
    max_size=3,
    unique_by=lambda chunk: (chunk.offset_s, chunk.index),
)


@given(CHUNKS)
def test_any_words_give_sentences_in_order_and_within_bounds(chunks: list[ChunkTranscript]) -> None:
    transcript = join(chunks, duration_s=250.0, model="m")
    clock = 0.0
    for sentence in transcript.sentences:
        assert 1 <= len(sentence.words) <= LONGEST_SENTENCE_WORDS
        assert sentence.end_s - sentence.start_s <= LONGEST_SENTENCE_S
        for word in sentence.words:
            assert clock <= word.start_s <= word.end_s <= 250.0
            clock = word.end_s
    assert transcript == join(list(reversed(chunks)), duration_s=250.0, model="m")
    assert Transcript.model_validate_json(transcript.model_dump_json()) == transcript
