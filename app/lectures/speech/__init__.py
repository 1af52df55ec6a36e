"""Audio → transcript with word times, in three steps that may run in different processes.

`split` cuts the sound track at silences, `Transcriber` hears one chunk, `join` makes the sentences.
Only `recogniser` and the voice detector load the speech engine.
"""

from app.lectures.speech.chunks import split
from app.lectures.speech.sentences import join
from app.lectures.speech.values import AudioChunk, ChunkTranscript

__all__ = ["AudioChunk", "ChunkTranscript", "join", "split"]
