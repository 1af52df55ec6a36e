"""Takes fillers, repetitions and false starts out of spoken sentences: only deletes, never adds or reorders.

The only other changes are a capital at the front, none on small words after a comma, a period at the end, and
commas around what was deleted.
"""

from __future__ import annotations

import re
from itertools import pairwise

from app.lectures.analysis.lexicon import HEDGE_AFTER, HESITATIONS, MEANT_TWICE, OPENERS, TAGS
from app.lectures.wording import STOPWORDS

_LONGEST_REPEAT = 5
_NAMED_FIRST = 3  # words
_BREAK = (",", "-", "—", "–", "...", "…")


def bare(token: str) -> str:
    """A token without surrounding punctuation, in lower case."""
    return token.lower().replace("’", "'").strip('.,;:!?"“”()[]…—–-')


def clean(text: str, *, english: bool = True) -> str:
    """The sentence as one would want to read it; empty if nothing but fillers was said.

    Sentences in another language only lose immediate repetitions of whole phrases.
    """
    tokens = text.split()
    before: list[str] = []
    while tokens != before:
        before = tokens
        if english:
            tokens = _without_fillers(tokens)
            tokens = _without_hedges(tokens)
            tokens = _without_openers(tokens)
            tokens = _without_tag(tokens)
            tokens = _uncapitalised(tokens)
        tokens = _without_repeats(tokens)
    return _polish(tokens)


def uncapitalised(text: str) -> str:
    """The sentence word for word, without the capitals that a recogniser's segments left in its middle."""
    return " ".join(_uncapitalised(text.split()))


def _cut(tokens: list[str], at: int, end: int) -> list[str]:
    """Without tokens[at:end]; the comma before goes too where a second comma set the deleted words off."""
    left, right = tokens[:at], tokens[end:]
    stop = re.search(r"[.?!]$", tokens[end - 1])
    if left and left[-1].endswith(",") and (tokens[end - 1].endswith(",") or stop):
        left[-1] = left[-1].rstrip(",") + (stop.group() if stop and not right else "")
    elif left and stop and not right:
        left[-1] = left[-1].rstrip(",") + stop.group()
    return left + right


def _without_fillers(tokens: list[str]) -> list[str]:
    for at, token in enumerate(tokens):
        word = bare(token)
        if word in HESITATIONS:
            return _without_fillers(_cut(tokens, at, at + 1))
        set_off = at == 0 or tokens[at - 1].endswith(_BREAK)
        if at + 1 < len(tokens) and (word, bare(tokens[at + 1])) in {("you", "know"), ("i", "mean")}:
            closed = tokens[at + 1].endswith((",", ".", "?", "!"))
            if closed and not tokens[at].endswith(",") and (set_off or tokens[at + 1].endswith(",")):
                return _without_fillers(_cut(tokens, at, at + 2))
        if word == "like" and set_off and at > 0 and token.endswith(","):
            return _without_fillers(_cut(tokens, at, at + 1))
        if word in {"actually", "basically", "obviously", "literally"} and token.endswith(",") and set_off:
            return _without_fillers(_cut(tokens, at, at + 1))
        if len(token) > 1 and token.endswith(("-", "—", "–")) and at + 1 < len(tokens) and token[0].isalpha():
            # A word broken off: gone if what follows begins again with it.
            begun = word[:3]
            if any(bare(t).startswith(begun) for t in tokens[at + 1 : at + 4] if begun):
                return _without_fillers(_cut(tokens, at, at + 1))
    return tokens


def _without_hedges(tokens: list[str]) -> list[str]:
    for at in range(1, len(tokens) - 2):
        pair = (bare(tokens[at]), bare(tokens[at + 1]))
        if pair in {("sort", "of"), ("kind", "of")} and bare(tokens[at - 1]) in HEDGE_AFTER:
            return _without_hedges(_cut(tokens, at, at + 2))
    return tokens


def _without_openers(tokens: list[str]) -> list[str]:
    """ "Okay, so now the …" -> "the …"; "Right" and "well" only before a comma or another opener."""
    at = 0
    while at < len(tokens) - 3 and bare(tokens[at]) in OPENERS:
        last = bare(tokens[at])
        follows = bare(tokens[at + 1]) in OPENERS
        if last in {"so", "and", "now"}:
            # "So that …" (in order that) and "so far" keep their "so"; "now" alone may mean the present.
            keep = (last == "so" and bare(tokens[at + 1]) in {"that", "far", "long", "many", "much"}) or (
                last == "now" and not tokens[at].endswith(",") and not follows
            )
            if keep:
                break
        elif not (tokens[at].endswith((",", ".")) or follows):
            break
        at += 1
    return tokens[at:]


def _without_tag(tokens: list[str]) -> list[str]:
    for tag in TAGS:
        head, tail = tokens[: -len(tag)], tokens[-len(tag) :]
        if len(head) >= 4 and head[-1].endswith(",") and tuple(bare(t) for t in tail) == tag:
            head[-1] = head[-1].rstrip(",") + "."
            return head
    return tokens


def _without_repeats(tokens: list[str]) -> list[str]:
    plain = [bare(token) for token in tokens]
    for length in range(_LONGEST_REPEAT, 0, -1):
        for at in range(len(tokens) - 2 * length + 1):
            phrase, again = plain[at : at + length], plain[at + length : at + 2 * length]
            if phrase == ["is"] and "what" in plain[:at]:
                continue  # "What it is is a list."
            if phrase != again or not all(phrase) or _is_meant(tokens[at : at + length], phrase):
                continue
            named_then_told = at > 0 and length >= _NAMED_FIRST and plain[at] in {"a", "an"}
            if named_then_told and tokens[at + length - 1].endswith(","):
                continue  # "Think of a child on a swing, a child on a swing goes higher ..."
            return _without_repeats(tokens[:at] + tokens[at + length :])
    return tokens


def _is_meant(tokens: list[str], phrase: list[str]) -> bool:
    if any(any(c.isdigit() for c in word) for word in phrase) or re.search(r"[.?!;:]$", tokens[-1]):
        return True
    return len(phrase) == 1 and phrase[0] in MEANT_TWICE and tokens[0] != "that"


def _uncapitalised(tokens: list[str]) -> list[str]:
    """A small word after a comma is no new sentence, though a recogniser's new segment began with it."""
    out = tokens[:1]
    for before, token in pairwise(tokens):
        small = before.endswith(",") and token[0].isupper() and bare(token) in STOPWORDS
        contracted = token.startswith(("I'", "I’"))
        out.append(token[0].lower() + token[1:] if small and not contracted and bare(token) != "i" else token)
    return out


def _polish(tokens: list[str]) -> str:
    text = " ".join(tokens).strip(" ,;:-—–…")
    if not any(c.isalnum() for c in text):
        return ""
    first = text.split(maxsplit=1)[0]
    capital = text[0].upper()
    if first.islower() and capital.lower() == text[0]:  # “ß” would become two letters
        text = capital + text[1:]
    return text if text[-1] in '.?!"”' else text + "."
