"""Finds the sentences that explain a term, by the ways in which English speakers define things.

The patterns are in the tradition of Hearst (1992) and of definition extraction from lectures and textbooks.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from dataclasses import dataclass

from app.lectures.analysis.candidates import Key, is_term_like, key_of
from app.lectures.analysis.lexicon import DANGLING, NOT_TERMS, ORGANISATION
from app.lectures.analysis.speech import Speech
from app.lectures.wording import STOPWORDS, words

_NP = r"(?P<term>(?:[\w'’-]+ ){0,3}?[\w'’-]+)"
_START = r"(?:^|, (?:so|and|but|where|then) )"  # of a sentence or of a clause that may stand alone
_ART = r"(?:(?P<article>an?|the|our|your) )?"
_DET = (
    r"(?:(?:just|simply|basically|really|essentially|nothing but|usually|always|also|actually) )?(?:an?|"
    r"the|one|any|anything|something|someone|when|where|what|how|that part|those|defined|made up|used)\b"
)

# A complement without an article ("memory for facts"), told from an adjective ("important for us").
_NOUN = (
    r"(?!(?:important|responsible|good|bad|useful|necessary|available|typical|full|part|kind|sort|true|"
    r"capable|aware|made|based|found|used|seen|independent|different|similar|proportional|stored|taken|"
    r"not|very|more|less|too|so|as|in|on|at|under|called|known|named|afraid|famous|ready|free|sure|"
    r"short|hard|easy|worth|\w+ed|\w+ing|\w+ly) )[\w'’-]+(?: (?!for|of|that|which|from)[\w'’-]+)?"
)

# (kind, weight, pattern): the surer a pattern, the greater its weight. _BEFORE: the term precedes the verb;
# _AFTER: it follows the pattern, and is taken as far as the noun phrase reaches.
_BEFORE = [
    (
        "is",
        1.0,
        rf"{_START}{_ART}{_NP} (?P<verb>is|are|was|were) (?:also )?"
        r"(?:defined as|the name|the term|the word)\b",
    ),
    ("is", 0.95, rf"{_START}{_ART}{_NP}(?:, [^,]{{3,60}},)? (?P<verb>is|are) {_DET}"),
    (
        "means",
        0.95,
        rf"{_START}{_ART}{_NP} (?P<verb>means|refers to|stands for|denotes|describes|measures)\b",
    ),
    ("is", 0.75, rf"^{_ART}{_NP} (?P<verb>is|are) {_NOUN} (?:for|of|that|which|who|in which|between|from)\b"),
    (
        "which",
        0.75,
        rf"(?:^|\b(?:is|are|called|with|and|about|use|have|has) ){_ART}{_NP}, "
        r"(?:which (?:is|are|means|says)|that is,|where|meaning|in other words)\b",
    ),
    (
        "does",
        0.65,
        rf"^{_ART}{_NP} (?P<verb>tells?|says?|states?|holds?|stores?|contains?|consists? of|allows?|lets?|"
        r"uses?|happens?|occurs?|works?|converts?|turns?|takes?|produces?|controls?|lies?|"
        r"(?:is|are)(?! (?:also |often |usually |sometimes )?"
        r"(?:called|known|far|much|more|less|even|\w+er)\b))\b",
    ),
    (
        "in",
        0.62,
        rf"^(?:in|with|during|under) {_ART}{_NP},? (?=(?:we|you|the|each|every|all|there|an?|one|only)\b)",
    ),
]
_AFTER = [
    (
        "called",
        0.95,
        r"\b(?P<verb>is|are|was|were) (?:often |also |usually |sometimes |then )?(?:called|known as|"
        r"termed|named|referred to as) ",
    ),
    (
        "called",
        0.95,
        r"\b(?P<verb>is|are)(?: what)? (?:we|people|they|biologists|economists|\w+ists) call(?:ed)? ",
    ),
    (
        "we call",
        0.9,
        r"\b(?:we|people|you|they|i'll|\w+ists) (?:will |'ll |often |usually )?call (?:this|that|it|"
        r"these|those|such \w+|them) (?:\w+ )?(?=an?\b|the\b)",
    ),
    (
        "we call",
        0.85,
        r"\b(?:we|people|you|\w+ists) (?:will |'ll |often |usually )?call (?:this|that|it|these|those|"
        r"them) ",
    ),
    ("mean", 0.95, r"\bby "),
    ("define", 0.9, r"\bdefine "),
]
_BEFORE_RE = [(kind, weight, re.compile(pattern, re.I)) for kind, weight, pattern in _BEFORE]
_AFTER_RE = [(kind, weight, re.compile(pattern, re.I)) for kind, weight, pattern in _AFTER]
_ARTICLE = re.compile(r"(?P<article>an?|the)\s+", re.I)
_LONGEST_JOINED_WORDS = 55
_NEAR_S = 8.0
_MISHEARD = 0.4


@dataclass(frozen=True)
class Explanation:
    """Positions in the speech, the last of which matched; several where the last leans on the one before."""

    key: Key
    kind: str
    article: str
    surface: str
    plural: bool
    positions: tuple[int, ...]
    score: float
    clarity: float  # the score, were every word heard rightly

    def text(self, speech: Speech) -> str:
        return " ".join(speech.texts[at] for at in self.positions)


def find_explanations(speech: Speech, headed: Collection[Key] = ()) -> dict[Key, list[Explanation]]:
    """Explaining sentences by term, best first. Empty for speech that is not English.

    `headed`: terms that are titles of slides, whatever their words.
    """
    found: dict[Key, list[Explanation]] = {}
    if not speech.english:
        return found
    for at, text in enumerate(speech.texts):
        if not text or text.endswith("?"):
            continue
        for kind, weight, article, surface, plural in _matches(text):
            misheard = not speech.doubted[at].isdisjoint(words(surface))
            if is_term_like(key_of(surface), headed) and not misheard:
                explanation = _weigh(speech, at, kind, weight, article, surface, plural)
                found.setdefault(explanation.key, []).append(explanation)
    for key, explanations in found.items():
        found[key] = sorted(explanations, key=lambda e: (-e.score, e.positions))
    return found


def _matches(text: str) -> Iterator[tuple[str, float, str, str, bool]]:
    for kind, weight, pattern in _BEFORE_RE:
        if match := pattern.search(text):
            groups = match.groupdict()
            plural = (groups.get("verb") or "").lower() in {"are", "were"}
            yield kind, weight, groups.get("article") or "", match["term"], plural
    for kind, weight, pattern in _AFTER_RE:
        for match in pattern.finditer(text):
            rest = text[match.end() :]
            article = _ARTICLE.match(rest)
            surface = _phrase(rest[article.end() :] if article else rest)
            tail = rest[(article.end() if article else 0) + len(surface) :]
            if kind == "mean" and not re.match(r"[,]? (?:we|i|you) (?:simply |just )?mean\b", tail, re.I):
                continue
            if kind == "define" and not re.match(r" (?:as|to be)\b", tail, re.I):
                continue
            plural = (match.groupdict().get("verb") or "").lower() in {"are", "were"}
            yield kind, weight, article["article"] if article else "", surface, plural


def _phrase(text: str) -> str:
    """The content words at the front of a text, at most three, not past punctuation."""
    taken: list[str] = []
    for token in text.split()[:3]:
        word = token.strip("\"“”'.,;:?!()")
        if word.lower() in STOPWORDS or not word or (taken and word.lower() in NOT_TERMS):
            break
        taken.append(word)
        if token[-1] in ".,;:?!)":
            break
    return " ".join(taken)


def _weigh(
    speech: Speech, at: int, kind: str, weight: float, article: str, surface: str, plural: bool
) -> Explanation:
    text, key = speech.texts[at], key_of(surface)
    positions: tuple[int, ...] = (at,)
    leans = DANGLING.match(text) is not None
    if leans and _can_lead(speech, at - 1, at):
        positions, leans = (at - 1, at), False
    whole = " ".join(speech.texts[p] for p in positions)
    count = len(whole.split())
    telling = [
        w for w in words(whole) if w not in STOPWORDS and w not in NOT_TERMS and key_of(w)[0] not in key
    ]
    score = weight - 0.4 * leans - 0.5 * (len(telling) < 2) - 0.1 * (len(telling) == 2) - 0.25 * (count < 6)
    score -= 0.01 * max(0, count - 40) + 0.4 * bool(ORGANISATION.search(whole))
    clarity = round(max(0.0, score), 3)
    score = clarity - _MISHEARD * max(float(speech.doubt[p]) for p in positions)
    return Explanation(
        key, kind, article.lower(), surface, plural, positions, round(max(0.0, score), 3), clarity
    )


def _can_lead(speech: Speech, before: int, at: int) -> bool:
    """Whether the sentence before may be put in front of one that leans on it."""
    if before < 0 or not speech.texts[before]:
        return False
    lead, here = speech.texts[before], speech.sentences[at]
    near = here.start_s - speech.sentences[before].end_s <= _NEAR_S
    fits = len(lead.split()) + len(speech.texts[at].split()) <= _LONGEST_JOINED_WORDS
    sound = not lead.endswith("?") and len(lead.split()) >= 5
    return near and fits and sound and not ORGANISATION.search(lead) and not DANGLING.match(lead)
