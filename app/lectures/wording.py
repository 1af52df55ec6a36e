"""Words, stems and weighted word vectors, shared by alignment and analysis."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.lectures.embedding import Embed

Matrix = NDArray[np.float32]

WORD = re.compile(r"[^\W_]+(?:['’.\-][^\W_]+)*")


def word_set(text: str) -> frozenset[str]:
    return frozenset(text.split())


STOPWORDS = word_set(
    """
    a about above across after again against ah all almost alone along already alright also although
    always am among an and another any anybody anyone anything anyway are aren't around as aside at
    away back basically be because been before behind being below beside besides between beyond both
    but by can can't cannot could couldn't did didn't do does doesn't doing don't done down during
    each either else enough er erm etc even ever every everybody everyone everything everywhere
    except few first for from further had hadn't has hasn't have haven't having he he'd he'll he's
    hence her here here's hers herself hey him himself his how how's however i i'd i'll i'm i've if
    in indeed inside instead into is isn't it it'd it'll it's its itself just last least less let
    let's like likely ll made many may maybe me mhm might mine more most much must my myself near
    neither never next no nobody none nor not nothing now nowhere of off often oh ok okay on once
    one one's only onto or other others otherwise ought our ours ourselves out outside over own per
    perhaps please quite rather re really right said same second seem seems several shall she she's
    should shouldn't simply since so some somebody somehow someone something sometimes somewhere
    soon still such than thank thanks that that'll that's the their theirs them themselves then
    there there's thereby therefore these they they'd they'll they're they've third this those
    though through throughout thus till to today together too toward towards two three twice uh uhm
    um under unless until up upon us very via was wasn't we we'd we'll we're we've well were weren't
    what what's whatever when when's whenever where where's wherever whether which while who who'll
    who's whoever whole whom whose why will with within without won't would wouldn't yeah yes yet
    you you'd you'll you're you've your yours yourself yourselves ve s t d m
    """
)


def words(text: str) -> list[str]:
    """The words of a text in lower case, with straight apostrophes and without punctuation."""
    return [match.group().lower().replace("’", "'") for match in WORD.finditer(text)]


def singular(word: str) -> str:
    """A lower-case English word without its plural ending; other words come back unchanged."""
    if len(word) > 4 and word.endswith("ies"):
        return word[:-3] + "y"
    if len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes", "zes")):
        return word[:-2]
    if len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is", "'s")):
        return word[:-1]
    return word.removesuffix("'s")


def stem(word: str) -> str:
    """A light stem (plural, -ing, -ed, -ly as in step 1 of Porter, 1980), so that slides and speech meet."""
    word = singular(word)
    for suffix in ("ing", "ed", "ly"):
        root = word.removesuffix(suffix)
        if root != word and len(root) >= 3 and re.search("[aeiouy]", root):
            if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "lsz":
                root = root[:-1]
            word = root
            break
    return word.removesuffix("e") if len(word) > 4 else word


def content_stems(text: str) -> list[str]:
    return [stem(word) for word in words(text) if word not in STOPWORDS and len(word) > 1]


def tfidf(texts: Sequence[str]) -> Matrix:
    """Rows of unit length (or zero), one a text: (1 + log tf) * log(1 + n/df), Salton & Buckley 1988."""
    counts = [Counter(content_stems(text)) for text in texts]
    frequency = Counter(word for count in counts for word in count)
    column = {word: at for at, word in enumerate(sorted(frequency))}
    matrix = np.zeros((len(texts), max(1, len(column))), dtype=np.float32)
    for row, count in enumerate(counts):
        for word, times in count.items():
            matrix[row, column[word]] = (1 + np.log(times)) * np.log(1 + len(texts) / frequency[word])
    norms = np.linalg.norm(matrix, axis=1, keepdims=True)
    matrix /= np.where(norms > 0, norms, 1)
    return matrix


def vectors(texts: Sequence[str], embed: Embed | None) -> Matrix:
    """Unit vectors whose dot product says how like two texts are: meaning and words, or words alone."""
    weighted = tfidf(texts)
    if embed is None or not texts:
        return weighted
    # Joined with equal weight, the dot product is the mean of both cosines.
    joined = np.hstack([embed(texts), weighted]) / np.float32(np.sqrt(2))
    return joined.astype(np.float32)
