"""Speech to text, in chunks that several workers may hear at once."""

from __future__ import annotations

from app.lectures.model import MediaInfo
from app.lectures.speech import AudioChunk, ChunkTranscript, join, split
from app.stages.work import Product, Work


def split_audio(work: Work) -> Product:
    """Cut the sound track at silences; each chunk with somebody speaking becomes a stage of its own."""
    prepared = work.input("prepare")
    assert prepared is not None
    folder = work.folder / "chunks"
    folder.mkdir()
    chunk_s = float(work.params.get("chunk_s") or work.options.audio_chunk_s)
    chunks = split(
        work.storage.path(prepared["digest"]),
        folder,
        chunk_s=chunk_s,
        progress=work.progress("splitting the sound"),
    )
    spawn = tuple(
        {"digest": work.put(folder / chunk.file), "chunk": chunk.model_dump(mode="json")}
        for chunk in chunks
        if chunk.speech
    )
    media = MediaInfo.model_validate(prepared["media"])
    return Product({"has_sound": bool(chunks), "duration_s": media.duration_s}, spawn)


def transcribe_chunk(work: Work) -> Product:
    """The words of one chunk with their times."""
    from app.lectures.speech.recogniser import Transcriber  # brings the speech engine

    path = work.storage.path(work.stage_params["digest"])
    chunk = AudioChunk.model_validate(work.stage_params["chunk"]).model_copy(update={"file": path.name})
    work.report(0.0, "loading the speech model")
    transcriber = Transcriber(work.options.whisper_model, threads=work.options.whisper_threads)
    heard = transcriber.transcribe(
        chunk, path.parent, language=work.params.get("language"), progress=work.progress("listening")
    )
    return Product({"transcript": work.put_value(heard)})


def transcribe(work: Work) -> Product:
    """One transcript of sentences from all chunks; also of a recording in which nobody speaks."""
    found = work.input("split_audio")
    assert found is not None
    chunks = [work.load(ChunkTranscript, entry["transcript"]) for entry in work.inputs["transcribe_chunk"]]
    transcript = join(chunks, duration_s=found["duration_s"], model=work.options.whisper_model)
    warnings = list(transcript.warnings)
    if not found["has_sound"]:
        warnings = ["The recording has no sound, so there is no transcript."]
    result = {
        "transcript": work.put_value(transcript),
        "sentences": len(transcript.sentences),
        "warnings": warnings,
    }
    return Product(result)
