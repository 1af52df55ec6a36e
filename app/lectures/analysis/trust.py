"""How far the analysis trusts itself, and what it has to say about what is missing."""

from __future__ import annotations

from collections.abc import Sequence

from app.lectures.model import AlignedSentence, SlideExtraction, SlideText, Transcript

NO_MODEL = (
    "No language model was available: explanations beyond the speaker's own words, paraphrased summaries and "
    "worked answers are not included."
)
_LOW = 0.6
_FEW_WORDS = 30


def confidence(
    transcript: Transcript | None,
    extraction: SlideExtraction,
    texts: Sequence[SlideText],
    aligned: Sequence[AlignedSentence],
) -> float:
    """0..1: what was recognised how surely, times how surely speech and slides belong together.

    What is absent altogether (speech, slides) halves the figure, as half of the evidence is missing.
    """
    heard = recognised(transcript)
    read = [word.confidence for slide in texts for line in slide.lines for word in line.words]
    seen = sum(read) / len(read) if read else None
    parts = [part for part in (heard, seen) if part is not None]
    if not parts:
        return 0.0
    trust = sum(parts) / len(parts) * (1.0 if len(parts) == 2 else 0.5)
    if aligned and extraction.slides:
        trust *= 0.5 + 0.5 * sum(s.confidence * (s.slide is not None) for s in aligned) / len(aligned)
    return round(min(1.0, max(0.0, trust)), 3)


def recognised(transcript: Transcript | None) -> float | None:
    """Mean of the recogniser's word probabilities; None without words."""
    if transcript is None:
        return None
    sure = [word.probability for sentence in transcript.sentences for word in sentence.words]
    return sum(sure) / len(sure) if sure else None


def lacking(
    transcript: Transcript | None,
    extraction: SlideExtraction,
    texts: Sequence[SlideText],
    known: Sequence[str],
) -> tuple[str, ...]:
    """A sentence for each thing that could not be had, those already known first."""
    out = list(known)
    spoken = transcript.sentences if transcript else ()
    legible = any(slide.lines for slide in texts)
    if not spoken and extraction.slides:
        out.append("The recording has no speech, so there is no transcript, summary, key terms or questions.")
    elif not spoken:
        out.append("Neither speech nor slides were found in the recording, so there is nothing to summarise.")
    elif not extraction.slides:
        out.append("No slides were found, so the sections follow the topics of the speech alone.")
    if extraction.slides and not legible:
        out.append("No text could be read on the slides, so their titles are missing.")
    heard = recognised(transcript)
    if heard is not None and heard < _LOW:
        out.append("The speech was hard to recognise: check the transcript before relying on these notes.")
    if spoken and sum(len(sentence.words) for sentence in spoken) < _FEW_WORDS:
        out.append("There is very little speech, so the summary is short.")
    if spoken and transcript is not None and not is_english(transcript):
        out.append(
            f"The speech is in another language than English ({transcript.language}): sentences are "
            "ranked, but fillers stay in, key terms are not explained and questions are gaps to fill."
        )
    out.append(NO_MODEL)
    return tuple(dict.fromkeys(out))


def is_english(transcript: Transcript | None) -> bool:
    return transcript is None or transcript.language.lower().split("-")[0] in {"en", "english", ""}
