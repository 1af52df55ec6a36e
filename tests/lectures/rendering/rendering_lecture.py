"""A lecture for the rendering tests: twelve drawn slides, what was said about them, and notes."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from PIL import Image, ImageDraw, ImageFont

from app.lectures.model import (
    AlignedSentence,
    Interval,
    LectureNotes,
    Question,
    Section,
    Slide,
    SlideExtraction,
    SlideText,
    Term,
    TextLine,
    TextWord,
)

WIDTH, HEIGHT = 1280, 720
SLIDE_S = 95.0
SENTENCE_S = 9.5

DECK = [
    ("Hash Tables", "From keys to places", "Algorithms, lecture 7"),
    ("Why not a sorted array?", "Search: O(log n)", "Insert: O(n), everything moves", "We want both in O(1)"),
    ("A hash function", "h : keys → {0 … m − 1}", "Deterministic", "Spreads keys evenly"),
    ("Collisions are certain", "Pigeonhole: more keys than places", "Birthday paradox: √m keys suffice"),
    ("Separate chaining", "Each place holds a list", "Load factor α = n / m", "Expected search: 1 + α"),
    ("Open addressing", "All keys live in the table", "Probe until a free place", "Needs α < 1"),
    ("Linear probing", "h(k), h(k) + 1, h(k) + 2 …", "Kind to caches", "Primary clustering"),
    ("Deleting with tombstones", "An empty place would cut the chain", "Mark it as deleted instead"),
    ("Resizing", "Double m when α exceeds 3/4", "Rehash every key", "Amortised O(1) an insertion"),
    ("Choosing m", "Power of two: fast masks", "Prime: forgives weak hashes"),
    ("Adversaries", "Keys chosen to collide", "O(n) an operation", "Seed the function at random"),
    ("Summary", "Hash, then handle collisions", "Keep the load factor low", "Resize by doubling"),
]
SPOKEN = [
    "So today we look at hash tables, which are probably the data structure you use most often.",
    "The question is how to get from a key to a place in memory without searching.",
    "In a sorted array we find a key with binary search, and that takes logarithmic time.",
    "But an insertion has to move everything behind it, so it costs linear time.",
    "A hash function maps every key to one of m places, and it always maps it to the same one.",
    "A good hash function spreads the keys evenly even when the keys themselves are not even.",
    "By the pigeonhole principle, as soon as there are more keys than places, two of them share a place.",
    "The birthday paradox says that the first collision comes after about the square root of m keys.",
    "With separate chaining, every place of the table holds a short list of the keys that landed there.",
    "The load factor alpha is the number of keys divided by the number of places.",
    "Open addressing keeps all keys in the table itself and probes for the next free place.",
    "That only works as long as the load factor stays below one.",
    "Linear probing simply tries the next place, and the next one after that.",
    "It is kind to the cache, because neighbouring places share a cache line.",
    "If you empty a place when you delete a key, you cut the chain for everything behind it.",
    "A tombstone marks a place as deleted, so that a search walks on and an insertion may reuse it.",
    "When the load factor exceeds three quarters, we double the table and rehash every key.",
    "Doubling makes the cost of an insertion constant when it is amortised over all insertions.",
    "A power of two lets you replace the division by a mask, which is much faster.",
    "A prime number of places forgives a hash function that is weak in its low bits.",
    "Somebody who knows your hash function can send you keys that all collide.",
    "If you seed the hash function at random at start, the adversary no longer knows where keys land.",
    "So remember, a hash table is a hash function plus a way to handle collisions.",
    "Keep the load factor low, and resize by doubling, and you get constant expected time.",
]
# Title, slides, (term, explaining sentence, other sentences), (question, answering sentence).
PARTS = [
    (
        "From searching to computing",
        (1, 2, 3),
        [("hash function", 4, (4, 5, 20, 21, 22)), ("binary search", 2, (2,))],
        [
            ("What does a hash function guarantee for equal keys?", 4),
            ("Why is a sorted array slow to insert into?", 3),
        ],
    ),
    (
        "Collisions and chaining",
        (4, 5),
        [
            ("pigeonhole principle", 6, (6,)),
            ("load factor", 9, (9, 11, 23)),
            ("separate chaining", 8, (8,)),
        ],
        [("After about how many keys does the first collision come?", 7), ("What is the load factor?", 9)],
    ),
    (
        "Open addressing",
        (6, 7, 8),
        [("open addressing", 10, (10,)), ("tombstone", 15, (15,))],
        [("Why must a deleted place not simply become empty?", 14)],
    ),
    (
        "Keeping it fast in practice",
        (9, 10, 11, 12),
        [("amortised cost", 17, (17,)), ("load factor", 16, (16, 23))],
        [("When is the table doubled?", 16), ("How does a random seed defend against an adversary?", 21)],
    ),
]


class Lecture(NamedTuple):
    notes: LectureNotes
    extraction: SlideExtraction
    texts: tuple[SlideText, ...]
    image_dir: Path


def sentence(index: int, text: str | None = None) -> AlignedSentence:
    start = index * SLIDE_S / 2 + 2.0
    return AlignedSentence(
        index=index,
        text=SPOKEN[index] if text is None else text,
        start_s=start,
        end_s=start + SENTENCE_S,
        slide=index // 2 + 1,
        confidence=0.9,
    )


def notes() -> LectureNotes:
    spoken = [sentence(index) for index in range(len(SPOKEN))]
    sections = []
    for title, slides, terms, questions in PARTS:
        first, last = slides[0], slides[-1]
        sections.append(
            Section(
                title=title,
                interval=Interval(start_s=(first - 1) * SLIDE_S, end_s=last * SLIDE_S),
                slides=slides,
                essentials=tuple(s for s in spoken if s.slide in slides),
                terms=tuple(
                    Term(
                        term=term,
                        explanation=SPOKEN[at],
                        sentence=at,
                        start_s=spoken[at].start_s,
                        slide=spoken[at].slide,
                        mentions=tuple(spoken[index].start_s + 1 for index in said),
                        confidence=0.8,
                    )
                    for term, at, said in terms
                ),
                questions=tuple(
                    Question(
                        question=q, answer=SPOKEN[at], start_s=spoken[at].start_s, slide=spoken[at].slide
                    )
                    for q, at in questions
                ),
            )
        )
    return LectureNotes(
        title="Hash Tables: From Keys to Places",
        language="en",
        duration_s=len(DECK) * SLIDE_S,
        sections=tuple(sections),
        remember=tuple(spoken[index] for index in (4, 8, 10, 15, 16, 21)),
        sentences=tuple(spoken),
        confidence=0.8,
    )


def without_speech(whole: Lecture) -> Lecture:
    bare = [
        s.model_copy(update={"essentials": (), "terms": (), "questions": ()}) for s in whole.notes.sections
    ]
    lack = ("The recording has no speech, so there are no sentences, terms or questions.",)
    return whole._replace(
        notes=whole.notes.model_copy(
            update={"sections": tuple(bare), "remember": (), "sentences": (), "lacks": lack}
        )
    )


def without_slides(whole: Lecture) -> Lecture:
    """The notes of an audio recording: nothing in them knows of a slide."""

    def unseen(value: object) -> object:
        if isinstance(value, dict):
            return {
                key: None if key == "slide" else [] if key == "slides" else unseen(part)
                for key, part in value.items()
            }
        return [unseen(part) for part in value] if isinstance(value, list) else value

    bare = LectureNotes.model_validate(unseen(whole.notes.model_dump(mode="json")))
    return Lecture(
        bare.model_copy(update={"lacks": ("The recording shows no slides.",)}),
        SlideExtraction(slides=(), duration_s=whole.notes.duration_s),
        (),
        whole.image_dir,
    )


NASTY = (
    '#import "x.typ": * and #panic("no")',
    "$x^2$ *bold* _it_ `code` @ref <label> // gone",
    "<script>alert(1)</script> & &amp; </style>",
    "[a](javascript:alert(2)) ![b](x) ](javascript:alert(2))",
    "]]}[ #panic( \\u{41} \\ {{ 7*7 }} {% raw %}",
    "smile 😀 \x00\x1b\u202eevil \ud800",
    "שלום עולם and مرحبا",
    "1. \"quoted\" ' onmouseover=alert(3) x='",
)
NASTY_TITLE = "∀ε>0 ∃δ: ∫₀^∞ 𝔽 ≤ √π ⊗ ∇ <script>alert(1)</script> #import"


def hostile(whole: Lecture) -> Lecture:
    """The lecture with every sentence, term, question, title and slide text trying to be code."""
    said = [sentence(index, NASTY[index % len(NASTY)]) for index in range(len(SPOKEN))]
    sections = [
        section.model_copy(
            update={
                "title": NASTY[n],
                "essentials": tuple(said[s.index] for s in section.essentials),
                "terms": tuple(
                    term.model_copy(update={"term": NASTY[k], "explanation": NASTY[k + 1]})
                    for k, term in enumerate(section.terms)
                ),
                "questions": tuple(
                    question.model_copy(update={"question": NASTY[k], "answer": NASTY[k + 4]})
                    for k, question in enumerate(section.questions)
                ),
            }
        )
        for n, section in enumerate(whole.notes.sections)
    ]
    update = {
        "title": NASTY_TITLE,
        "sections": tuple(sections),
        "sentences": tuple(said),
        "lacks": NASTY[2:4],
    }
    texts = [
        SlideText(
            number=text.number,
            lines=tuple(
                TextLine(words=(line.words[0].model_copy(update={"text": NASTY[k]}),))
                for k, line in enumerate(text.lines)
            ),
        )
        for text in whole.texts
    ]
    return whole._replace(notes=whole.notes.model_copy(update=update), texts=tuple(texts))


def draw(lines: tuple[str, ...], path: Path) -> tuple[TextLine, ...]:
    """A slide with `lines`, and the box of every word drawn on it as an OCR would report it."""
    picture = Image.new("RGB", (WIDTH, HEIGHT), "#fdfdfb")
    pen = ImageDraw.Draw(picture)
    pen.rectangle((0, 0, 24, HEIGHT), fill="#2d4d7a")
    top = 70
    read = []
    for position, line in enumerate(lines):
        font = ImageFont.load_default(64 if position == 0 else 40)
        left, words = 90.0, []
        for word in line.split():
            pen.text((left, top), word, font=font, fill="#20242c")
            x0, y0, x1, y1 = (round(edge) for edge in pen.textbbox((left, top), word, font=font))
            words.append(TextWord(text=word, x=x0, y=y0, width=x1 - x0, height=y1 - y0, confidence=0.95))
            left += pen.textlength(word + " ", font=font)
        read.append(TextLine(words=tuple(words)))
        top += 130 if position == 0 else 80
    picture.save(path)
    return tuple(read)


def lecture(folder: Path) -> Lecture:
    slides, texts = [], []
    for number, lines in enumerate(DECK, start=1):
        image = f"slide-{number:03d}.png"
        texts.append(SlideText(number=number, lines=draw(tuple(lines), folder / image)))
        start = (number - 1) * SLIDE_S
        slides.append(
            Slide(
                number=number,
                intervals=(Interval(start_s=start, end_s=start + SLIDE_S),),
                image=image,
                width=WIDTH,
                height=HEIGHT,
                frame_s=start + 5,
            )
        )
    extraction = SlideExtraction(slides=tuple(slides), duration_s=len(DECK) * SLIDE_S)
    return Lecture(notes(), extraction, tuple(texts), folder)
