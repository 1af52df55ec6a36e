"""How many words of a transcript are wrong, spelling of numbers and hesitations left aside. Pure."""

from __future__ import annotations

import re

HESITATIONS = {"um", "uh", "er", "erm", "uhm", "hm", "hmm", "mm", "ah"}
CONTRACTIONS = (
    ("won't", "will not"), ("can't", "can not"), ("cannot", "can not"), ("n't", " not"), ("'re", " are"),
    ("'ve", " have"), ("'ll", " will"), ("'m", " am"), ("let's", "let us"), ("%", " percent "),
    *((f"{word}'s", f"{word} is") for word in ("it", "that", "what", "here", "there", "who")),
)  # fmt: skip
ONES = (
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve",
    "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen",
)  # fmt: skip
TENS = ("twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
SCALES = ((10**9, "billion"), (10**6, "million"), (1000, "thousand"), (100, "hundred"))


def word_error_rate(reference: str, hypothesis: str) -> float:
    """Edits per word of the reference, both `normalised`; a compound may be one word or two."""
    wanted, heard = normalised(reference), normalised(hypothesis)
    if not wanted:
        raise ValueError("the reference holds no words")
    above2: list[int] = []
    above = list(range(len(heard) + 1))
    for i, word in enumerate(wanted, start=1):
        row = [i]
        for j, other in enumerate(heard, start=1):
            best = min(above[j] + 1, row[j - 1] + 1, above[j - 1] + (word != other))
            if i > 1 and wanted[i - 2] + word == other:
                best = min(best, above2[j - 1])
            if j > 1 and heard[j - 2] + other == word:
                best = min(best, above[j - 2])
            row.append(best)
        above2, above = above, row
    return above[-1] / len(wanted)


def normalised(text: str) -> list[str]:
    """Lower-case words without punctuation and hesitations; numbers and contractions spelled out."""
    text = text.lower().replace("’", "'")
    for short, full in CONTRACTIONS:
        text = text.replace(short, full)
    text = re.sub(r"(?<=\d),(?=\d{3})", "", text)
    text = re.sub(r"\d+(\.\d+)?", lambda match: f" {_spoken(match[0])} ", text)
    words = re.findall(r"[a-zà-ÿ]+", text.replace("'", ""))
    # "one hundred and five": the "and" is a matter of taste
    kept = [
        w for i, w in enumerate(words) if not (w == "and" and i and words[i - 1] in ("hundred", "thousand"))
    ]
    return [word for word in kept if word not in HESITATIONS]


def _spoken(number: str) -> str:
    whole, _, decimals = number.partition(".")
    value = int(whole)
    if 1100 <= value < 2000 and value % 100 >= 10 and not decimals:  # as a year is read
        words = f"{_cardinal(value // 100)} {_cardinal(value % 100)}"
    else:
        words = _cardinal(value)
    return f"{words} point {' '.join(ONES[int(d)] for d in decimals)}" if decimals else words


def _cardinal(value: int) -> str:
    for scale, name in SCALES:
        if value >= scale:
            rest = f" {_cardinal(value % scale)}" if value % scale else ""
            return f"{_cardinal(value // scale)} {name}{rest}"
    if value < 20:
        return ONES[value]
    return TENS[value // 10 - 2] + (f" {ONES[value % 10]}" if value % 10 else "")
