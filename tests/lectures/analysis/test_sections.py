from __future__ import annotations

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from lecture_texts import build, slide_texts

from app.lectures.alignment import align
from app.lectures.analysis.headings import large_titles, slide_titles
from app.lectures.analysis.slide_sections import sections_by_slides
from app.lectures.analysis.spans import Span, most_sections
from app.lectures.analysis.speech import prepare
from app.lectures.analysis.topic_sections import sections_by_topic
from app.lectures.slide_text import clean_line, content_lines

TITLES = [
    "",
    "Outline",
    "Questions?",
    "Summary",
    "Heaps",
    "Heaps (cont.)",
    "Sorting",
    "Graphs",
    "Graphs 2/2",
    "Trees",
]


def cut(titles: list[str], heights: list[int], said: int = 2) -> list[Span]:
    lecture = {
        "slides": [
            {
                "number": n,
                "lines": [[title, height]] * bool(title)
                + [[f"point {n} of some length", 30]] * (height < 70),
            }
            for n, (title, height) in enumerate(zip(titles, heights, strict=True), start=1)
        ],
        "script": [
            {
                "slide": n,
                "say": [f"Here we speak of {title or 'nothing'} and of point {n} for a while."] * said,
            }
            for n, title in enumerate(titles, start=1)
        ],
    }
    return spans_of(lecture)


def spans_of(lecture: dict[str, Any]) -> list[Span]:
    transcript, extraction, texts, _ = build(lecture)
    speech = prepare(
        align(transcript, extraction, texts, embed=None), transcript.sentences, english=True, embed=None
    )
    contents = {n: "\n".join(map(clean_line, lines)) for n, lines in content_lines(texts).items()}
    return sections_by_slides(
        extraction.slides,
        contents,
        slide_titles(texts),
        large_titles(texts),
        speech,
        extraction.duration_s,
        None,
    )


@settings(deadline=None, max_examples=60)
@given(st.lists(st.tuples(st.sampled_from(TITLES), st.sampled_from([50, 80])), min_size=1, max_size=12))
def test_every_slide_and_sentence_falls_in_exactly_one_section(slides: list[tuple[str, int]]) -> None:
    spans = cut([title for title, _ in slides], [height for _, height in slides])
    assert sorted(n for span in spans for n in span.slides) == list(range(1, len(slides) + 1))
    assert [at for span in spans for at in span.positions] == list(range(2 * len(slides)))
    assert all(before.end_s == after.start_s for before, after in pairwise(spans))
    assert spans[0].start_s == 0


def test_continued_slides_stay_together() -> None:
    spans = cut(["Heaps", "Heaps (cont.)", "Sorting", "Graphs 1/2", "Graphs 2/2"], [50] * 5, said=6)
    assert [(span.title, span.slides) for span in spans] == [
        ("Heaps", (1, 2)),
        ("Sorting", (3,)),
        ("Graphs", (4, 5)),
    ]


def test_a_section_slide_heads_what_follows() -> None:
    spans = cut(["Sorting", "Heaps", "Insertion", "Graphs", "Paths"], [80, 50, 50, 80, 50], said=5)
    assert next(span.title for span in spans if 4 in span.slides) == "Graphs"
    assert next(span.slides for span in spans if 4 in span.slides) == (4, 5)


def test_an_outline_is_no_section_of_its_own() -> None:
    spans = cut(["Algorithms", "Outline", "Heaps", "Sorting", "Questions?"], [80, 50, 50, 50, 50], said=5)
    assert [(span.title, span.slides) for span in spans] == [("Heaps", (1, 2, 3)), ("Sorting", (4, 5))]


def test_many_slides_give_few_sections() -> None:
    topics = ["heap root child", "sorting merge pivot", "graph vertex edge", "tree leaf branch"]
    titles = [f"{topics[n // 20]} {word}" for n in range(80) for word in ["abcdefghijklmnopqrst"[n % 20] * 3]]
    spans = cut(titles, [50] * 80, said=6)
    assert 5 <= len(spans) <= most_sections(spans[-1].end_s) <= 14
    assert max(span.length_s for span in spans) < 0.4 * spans[-1].end_s


def test_as_many_sections_as_a_reader_can_survey() -> None:
    assert [most_sections(60 * minutes) for minutes in (3, 60, 180)] == [5, 12, 14]


def test_no_speech_no_topics() -> None:
    speech = prepare((), (), english=True, embed=None)
    assert sections_by_topic(speech, 10, lambda within: "x") == []


def test_large_titles_are_those_of_title_and_section_slides() -> None:
    lines = [["Body of text", 30], ["more of it", 30]]
    slides = [{"number": n, "lines": [["A heading", 80 if n in {1, 4} else 50], *lines]} for n in range(1, 7)]
    assert large_titles(slide_texts({"slides": slides})) == {1, 4}


def test_the_agenda_of_the_lecturer_gives_the_sections() -> None:
    titles = [
        "Sorting in practice",
        "Agenda",
        "Why sort at all",
        "Phone books",
        "Two Ways to Merge",
        "Quick sort",
        "Heap sort",
    ]
    points = [
        "1 Why sortat all",
        "2 Merging lists",
        "3 Quick sort",
    ]  # as OCR read it
    slides = [
        {"number": n, "lines": [[t, 50], [f"{t} explained", 30]]} for n, t in enumerate(titles, start=1)
    ]
    slides[0]["lines"] = [[titles[0], 80]]
    slides[1]["lines"] = [["Agenda", 50], *([point, 36] for point in points)]
    slides[4]["lines"].append(["Merging lists by hand", 30])
    script = [
        {"slide": n, "say": [f"This is about {t} and how to do it."] * 8}
        for n, t in enumerate(titles, start=1)
    ]
    spans = spans_of({"slides": slides, "script": script})
    assert [span.slides[0] for span in spans if span.slides[0] >= 5][:1] == [5]
    assert spans[0].title == "Why sort at all"
    assert "Merging lists" in [span.title for span in spans]


def test_a_list_that_no_slide_takes_up_is_no_agenda() -> None:
    slides = [
        {"number": 1, "lines": [["Overview", 50], ["Apples", 30], ["Pears", 30]]},
        {"number": 2, "lines": [["Heaps", 50], ["root and child", 30]]},
        {"number": 3, "lines": [["Graphs", 50], ["vertex and edge", 30]]},
    ]
    script = [{"slide": n, "say": ["We speak about heaps and graphs."] * 8} for n in (1, 2, 3)]
    assert {span.title for span in spans_of({"slides": slides, "script": script})} == {"Heaps", "Graphs"}
