"""Opening untrusted recordings: which containers are let in, what they hold, how long they last.

FFmpeg picks its demuxer by content, so a playlist renamed `.mp4` would make it open whatever files or
addresses that playlist names. Every recording is therefore opened through `open_media`, which allows
only self-contained containers and only the `file` protocol.
"""

from __future__ import annotations

import struct
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer
from av.stream import Discard, Disposition

from app.errors import BadMedia
from app.lectures.model import MediaInfo

# Names of FFmpeg demuxers. None of them opens a second file: mov's data references are off by default.
CONTAINERS = (
    "mov", "mp4", "m4a", "matroska", "webm", "avi", "mpegts", "mpeg", "ogg", "flv", "asf", "gif",
    "mp3", "wav", "w64", "flac", "aac", "aiff", "caf", "amr",
)  # fmt: skip
OPEN_OPTIONS = {"format_whitelist": ",".join(CONTAINERS), "protocol_whitelist": "file"}

_MOST_PIXELS = 8192 * 8192  # of a picture; 8K has half as many, and each takes some bytes in several buffers

NOT_A_RECORDING = "This is not an audio or video recording that Lectern can read."
BARE_STREAM = (
    "This is a bare H.264 or HEVC stream, which does not say when its pictures are shown; "
    "please put it into an MP4 or MKV file (ffmpeg -i … -c copy …)."
)
# Of a bare stream's first unit (ITU-T H.264 and H.265, Annex B): parameter sets or a delimiter.
_BARE_H264, _BARE_HEVC = (7, 8, 9), (32, 33, 34, 35)
_PLAYLIST_MARKS = (
    b"#EXTM3U",
    b"ffconcat",
    b"[playlist]",
    b"[Reference]",
    b"<asx",
    b"<MPD",
    b"<smil",
    b"v=0\r\n",
)
# Rounding, audio priming and B-frame delay make headers and packets differ by far less than this.
_CUT_OFF_TOLERANCE_S = 2.0
# The clock of transport and program streams has 33 bits of 1/90000 s (ISO/IEC 13818-1). A packet from just
# before its 0, as sound is primed, seems to lie at its end.
_WRAPPING, _HALF_A_CLOCK_S = {"mpegts", "mpeg"}, 2**32 / 90_000
# As length FFmpeg writes into Matroska the second of its clock at which it ends, wherever that begins.
_FROM_CLOCK_ZERO = "matroska,webm"


def open_media(path: Path) -> InputContainer:
    """Open a local recording; `BadMedia` says in one sentence why it cannot be. Close what you get."""
    if not path.is_file():
        raise BadMedia(f"There is no recording called {path.name}.")
    if path.stat().st_size == 0:
        raise BadMedia("This file is empty.")
    try:
        # An absolute name with its protocol spelt out: a file called `concat:…` stays a file name.
        # Tags in a forgotten code page are no reason to refuse a recording.
        return av.open(f"file:{path.absolute()}", options=dict(OPEN_OPTIONS), metadata_errors="replace")
    except (av.error.FFmpegError, OSError, ValueError) as error:
        raise BadMedia(_why_unreadable(path)) from error


def clock_origin(container: InputContainer) -> float:
    """Second, in the container's own time stamps, at which the presentation clock reads 0.

    Broadcast and screen recordings often start at a time stamp far from 0; players count from the
    first packet of the earliest stream, and so does everything in Lectern: time = pts − origin.
    """
    return (container.start_time or 0) / av.time_base


def picture_stream(container: InputContainer) -> av.VideoStream | None:
    """The first video stream that FFmpeg has a decoder for and that is not cover art."""
    art = Disposition.attached_pic | Disposition.timed_thumbnails
    streams = (stream for stream in container.streams.video if stream.codec_context is not None)
    return next((stream for stream in streams if not stream.disposition & art), None)


def read_alone(container: InputContainer, stream: av.VideoStream) -> None:
    """Let the demuxer pass over the packets of all other streams, where it can: half of its work."""
    for other in container.streams:
        if other.index != stream.index:
            other.discard = Discard.all


def sound_stream(container: InputContainer) -> av.AudioStream | None:
    """The audio stream marked as default, else the first."""
    streams = [stream for stream in container.streams.audio if stream.codec_context is not None]
    marked = (stream for stream in streams if stream.disposition & Disposition.default)
    return next(marked, streams[0] if streams else None)


def probe(path: Path) -> MediaInfo:
    """What a recording holds and how many seconds of it can be read.

    The duration comes from the packets, not the header: browsers write WebM without one, and a file
    cut off in transfer still carries the full one. Walking the packets of an hour takes about a second.
    """
    with open_media(path) as container:
        picture, sound = picture_stream(container), sound_stream(container)
        if picture is None and sound is None:
            raise BadMedia("This file holds neither moving pictures nor sound.")
        if picture is not None and picture.width * picture.height > _MOST_PIXELS:
            size = f"{picture.width} × {picture.height}"
            raise BadMedia(f"The picture of this recording is too large to be looked at: {size} pixels.")
        promised_s = _promised_seconds(container, picture, sound)
        duration_s = _readable_seconds(container, picture, sound)
        if duration_s <= 0:
            raise BadMedia("This recording is empty: not a second of it can be played.")
        return MediaInfo(
            duration_s=duration_s,
            container=container.format.name,
            has_video=picture is not None,
            has_audio=sound is not None,
            width=picture.width if picture else 0,
            height=picture.height if picture else 0,
            fps=float(picture.average_rate or picture.guessed_rate or 0) if picture else 0.0,
            video_codec=picture.codec_context.name if picture else "",
            audio_codec=sound.codec_context.name if sound else "",
            warnings=_cut_off(promised_s, duration_s, container.format.name),
        )


def _promised_seconds(
    container: InputContainer, picture: av.VideoStream | None, sound: av.AudioStream | None
) -> float:
    """What the headers say: of the two streams where they say it, else of the whole container."""
    streams = [stream for stream in (picture, sound) if stream is not None]
    lengths = [float(s.duration * s.time_base) for s in streams if s.duration and s.time_base]
    if len(lengths) == len(streams):
        return max(lengths)
    whole_s, origin = (container.duration or 0) / av.time_base, clock_origin(container)
    # A length below the clock's first second can only be counted from there.
    if container.format.name == _FROM_CLOCK_ZERO and whole_s > origin:
        return whole_s - origin
    return whole_s


def _readable_seconds(
    container: InputContainer, picture: av.VideoStream | None, sound: av.AudioStream | None
) -> float:
    """End of the last whole packet of picture or sound, on the presentation clock."""
    ends: dict[int, int] = {}
    wraps, origin = container.format.name in _WRAPPING, clock_origin(container)
    streams = [stream for stream in (picture, sound) if stream is not None]
    try:
        for packet in container.demux(streams):
            start = packet.pts if packet.pts is not None else packet.dts
            if start is None or packet.is_corrupt or not packet.size:
                continue
            end = start + (packet.duration or 0)
            if wraps and float(end * packet.time_base) - origin > _HALF_A_CLOCK_S:
                continue
            if end > ends.get(packet.stream_index, -(1 << 62)):
                ends[packet.stream_index] = end
    except av.error.FFmpegError:
        pass  # a damaged tail: what came before it counts
    seconds = [
        float(ends[stream.index] * (stream.time_base or Fraction(0))) - origin
        for stream in streams
        if stream.index in ends
    ]
    return max(seconds, default=0.0)


def _cut_off(promised_s: float, readable_s: float, container: str) -> tuple[str, ...]:
    # Raw MP3 and AAC have no header: FFmpeg guesses their length from the bit rate.
    if container in {"mp3", "aac", "mpegts", "mpeg"}:
        return ()
    if promised_s - readable_s <= max(_CUT_OFF_TOLERANCE_S, promised_s * 0.01):
        return ()
    return (
        f"The recording is cut off: it should last {_clock(promised_s)} "
        f"but can only be read until {_clock(readable_s)}.",
    )


def _clock(seconds: float) -> str:
    minutes, second = divmod(int(seconds), 60)
    hour, minute = divmod(minutes, 60)
    return f"{hour}:{minute:02}:{second:02}"


def _why_unreadable(path: Path) -> str:
    with path.open("rb") as file:
        head = file.read(4096)
    text = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(_PLAYLIST_MARKS) or b"<MPD" in head or b"<smil" in head:
        return "This is a playlist; playlists cannot be used, please send the recording itself."
    if head.startswith(b"%PDF-"):
        return "This is a PDF, not a recording; slides as PDF go beside a recording, as its deck."
    if head[4:8] in {b"ftyp", b"mdat", b"moov", b"wide"} and not _has_index(path):
        return (
            "The recording is cut off before its index and cannot be opened; "
            "please export or send the whole file again."
        )
    return BARE_STREAM if _is_bare(head) else NOT_A_RECORDING


def _is_bare(head: bytes) -> bool:
    unit = head.lstrip(b"\0")[:2]
    if len(unit) < 2 or unit[0] != 1 or not head.startswith(b"\0\0"):
        return False
    return unit[1] & 0x9F in _BARE_H264 or (unit[1] & 0x81 == 0 and unit[1] >> 1 in _BARE_HEVC)


def _has_index(path: Path) -> bool:
    """Whether an MP4's top-level boxes (ISO/IEC 14496-12, 4.2) include a whole `moov`."""
    size = path.stat().st_size
    position = 0
    with path.open("rb") as file:
        while position + 8 <= size:
            file.seek(position)
            header = file.read(16)
            length, kind = struct.unpack(">I4s", header[:8])
            if length == 1 and len(header) == 16:
                (length,) = struct.unpack(">Q", header[8:])
            if length == 0:
                length = size - position
            if kind == b"moov":
                return bool(position + length <= size)
            if length < 8:
                return False
            position += length
    return False
