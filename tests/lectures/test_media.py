"""Opening and probing recordings, the broken and the hostile ones above all."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np
import pytest

from app.errors import BadMedia
from app.lectures import media

RATE = 16_000
NO_STREAMS = "This file holds neither moving pictures nor sound."
NOTHING_TO_PLAY = "This recording is empty: not a second of it can be played."


def record(
    path: Path,
    *,
    seconds: float = 4.0,
    video: bool = True,
    audio: bool = True,
    options: dict[str, str] | None = None,
    video_starts_s: float = 0.0,
    audio_starts_s: float = 0.0,
) -> Path:
    """A noisy picture and a tone, interleaved as a camera would."""
    random = np.random.default_rng(7)
    with av.open(str(path), "w", options=options or {}) as out:
        picture = out.add_stream("mpeg4" if path.suffix != ".webm" else "libvpx", rate=10) if video else None
        sound = out.add_stream("aac" if path.suffix != ".webm" else "libopus", rate=48_000) if audio else None
        if picture is not None:
            picture.width, picture.height, picture.pix_fmt = 160, 120, "yuv420p"
        for tenth in range(round(seconds * 10)):
            if picture is not None:
                pixels = random.integers(0, 255, (120, 160, 3), dtype=np.uint8)
                frame = av.VideoFrame.from_ndarray(pixels, format="rgb24")
                frame.pts = tenth + round(video_starts_s * 10)
                out.mux(picture.encode(frame))
            if sound is not None:
                times = np.arange(tenth * 4800, (tenth + 1) * 4800) / 48_000
                wave = (8000 * np.sin(2 * np.pi * 440 * times)).astype(np.int16)
                tone = av.AudioFrame.from_ndarray(wave[None, :], format="s16", layout="mono")
                tone.sample_rate = 48_000
                tone.pts = tenth * 4800 + round(audio_starts_s * 48_000)
                out.mux(sound.encode(tone))
        for stream in (picture, sound):
            if stream is not None:
                out.mux(stream.encode(None))
    return path


def cut(path: Path, share: float) -> Path:
    data = path.read_bytes()
    short = path.with_name(f"cut-{path.name}")
    short.write_bytes(data[: int(len(data) * share)])
    return short


def refusal(path: Path) -> str:
    with pytest.raises(BadMedia) as caught:
        media.probe(path)
    return caught.value.message


@pytest.mark.parametrize("name", ["a.mp4", "a.mkv", "a.webm", "a.avi", "a.mov", "a.ts", "a.flv"])
def test_common_containers_are_read(tmp_path: Path, name: str) -> None:
    path = record(tmp_path / name, video=not name.endswith(".flv"))
    info = media.probe(path)
    assert info.duration_s == pytest.approx(4.0, abs=0.15)
    assert info.has_audio
    assert info.has_video is not name.endswith(".flv")
    if info.has_video:
        assert (info.width, info.height, round(info.fps)) == (160, 120, 10)
        assert info.video_codec == ("vp8" if name.endswith(".webm") else "mpeg4")
    assert info.warnings == ()


def test_audio_only(tmp_path: Path) -> None:
    info = media.probe(record(tmp_path / "a.m4a", video=False))
    assert (info.has_video, info.has_audio, info.audio_codec, info.width) == (False, True, "aac", 0)


def test_empty_missing_and_folder(tmp_path: Path) -> None:
    (tmp_path / "empty.mp4").touch()
    assert refusal(tmp_path / "empty.mp4") == "This file is empty."
    assert "no recording called gone.mp4" in refusal(tmp_path / "gone.mp4")
    assert "no recording called" in refusal(tmp_path)


@pytest.mark.parametrize("suffix", [".mp4", ".mp3", ".aac", ".ts", ".mkv"])
def test_text_renamed_is_no_recording(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"essay{suffix}"
    path.write_text("It was a dark and stormy night; the rain fell in torrents.\n" * 400)
    assert refusal(path) == media.NOT_A_RECORDING


def test_still_pictures_and_subtitles_are_no_recordings(tmp_path: Path) -> None:
    subtitles = tmp_path / "words.mp4"
    subtitles.write_text("1\n00:00:01,000 --> 00:00:02,000\nHello\n\n")
    assert refusal(subtitles) == media.NOT_A_RECORDING
    picture = tmp_path / "picture.mp4"
    picture.write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(500))
    assert refusal(picture) == media.NOT_A_RECORDING


def test_slides_in_a_recordings_place_are_told_where_they_belong(tmp_path: Path) -> None:
    path = tmp_path / "slides.mp4"
    path.write_bytes(b"%PDF-1.7\n" + bytes(500))
    assert (
        refusal(path) == "This is a PDF, not a recording; slides as PDF go beside a recording, as its deck."
    )


@pytest.mark.parametrize("codec", ["libx264", "libx265"])
def test_a_bare_stream_is_told_to_be_put_into_a_file_with_times(tmp_path: Path, codec: str) -> None:
    path = tmp_path / {"libx264": "lecture.h264", "libx265": "lecture.hevc"}[codec]
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=10)
        stream.width, stream.height = 64, 36
        stream.options = {"preset": "ultrafast", "x265-params": "log-level=none"}
        for _ in range(3):
            container.mux(stream.encode(av.VideoFrame(64, 36, "yuv420p")))
        container.mux(stream.encode(None))
    assert refusal(path) == media.BARE_STREAM
    path.write_bytes(b"\0\0\1\xba" + bytes(100))  # begins a program stream
    assert refusal(path) == media.NOT_A_RECORDING


PLAYLISTS: dict[str, Callable[[Path], str]] = {
    "hls": lambda target: (
        "#EXTM3U\n#EXT-X-VERSION:3\n#EXT-X-TARGETDURATION:10\n"
        f"#EXT-X-MEDIA-SEQUENCE:0\n#EXTINF:10.0,\n{target}\n#EXT-X-ENDLIST\n"
    ),
    "concat": lambda target: f"ffconcat version 1.0\nfile '{target}'\n",
    "dash": lambda target: (
        '<?xml version="1.0"?><MPD xmlns="urn:mpeg:dash:schema:mpd:2011" type="static" '
        'mediaPresentationDuration="PT4S" profiles="urn:mpeg:dash:profile:isoff-on-demand:2011"><Period>'
        f'<AdaptationSet><Representation id="1"><BaseURL>file://{target}</BaseURL>'
        "</Representation></AdaptationSet></Period></MPD>"
    ),
    "sdp": lambda target: "v=0\r\no=- 0 0 IN IP4 127.0.0.1\r\nm=audio 5004 RTP/AVP 0\r\n",
}


@pytest.mark.parametrize("suffix", [".mp4", ".m3u8", ".ffconcat", ".ts"])
@pytest.mark.parametrize("kind", PLAYLISTS)
def test_playlists_never_open_what_they_name(tmp_path: Path, kind: str, suffix: str) -> None:
    secret = record(tmp_path / "secret.ts", seconds=1)
    path = tmp_path / f"list{suffix}"
    path.write_text(PLAYLISTS[kind](secret))
    assert "playlists cannot be used" in refusal(path)


def test_a_file_name_is_never_a_protocol(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    record(tmp_path / "one.ts", seconds=1)
    monkeypatch.chdir(tmp_path)
    assert "no recording called" in refusal(Path("concat:one.ts|one.ts"))
    tricky = record(tmp_path / "real.ts", seconds=1).rename(tmp_path / "concat:one.ts|one.ts")
    assert media.probe(Path(tricky.name)).duration_s == pytest.approx(1.0, abs=0.15)


def test_mp4_cut_off_before_its_index(tmp_path: Path) -> None:
    assert "cut off before its index" in refusal(cut(record(tmp_path / "a.mp4"), 0.6))


def test_the_clock_counts_from_the_earliest_stream(tmp_path: Path) -> None:
    path = record(tmp_path / "a.ts", video_starts_s=100, audio_starts_s=101)
    with media.open_media(path) as container:
        assert media.clock_origin(container) > 90
    assert media.probe(path).duration_s == pytest.approx(5.0, abs=0.2)


def test_no_streams(tmp_path: Path) -> None:
    def box(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I4s", 8 + len(body), kind) + body

    header = (
        struct.pack(">IIIIIIH10x", 0, 0, 0, 1000, 0, 0x10000, 0x100) + bytes(36 + 24) + struct.pack(">I", 1)
    )
    path = tmp_path / "none.mp4"
    path.write_bytes(
        box(b"ftyp", b"isom\0\0\2\0isom") + box(b"moov", box(b"mvhd", header)) + box(b"mdat", b"")
    )
    assert refusal(path) == NO_STREAMS


@pytest.mark.parametrize("suffix", [".avi", ".mov"])
def test_a_video_without_a_frame(tmp_path: Path, suffix: str) -> None:
    nothing = tmp_path / f"zero{suffix}"
    with av.open(str(nothing), "w") as out:
        stream = out.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 160, 120, "yuv420p"
        out.start_encoding()
    assert refusal(nothing) in {NOTHING_TO_PLAY, NO_STREAMS}


def test_an_index_without_the_media_it_lists(tmp_path: Path) -> None:
    whole = record(tmp_path / "a.mp4", options={"movflags": "faststart"})
    headers = whole.read_bytes().index(b"mdat") + 4
    (tmp_path / "zero.mp4").write_bytes(whole.read_bytes()[:headers])
    assert refusal(tmp_path / "zero.mp4") == NOTHING_TO_PLAY


def test_cover_art_is_not_video(tmp_path: Path) -> None:
    path = tmp_path / "song.mp3"
    with av.open(str(path), "w") as out:
        sound = out.add_stream("libmp3lame", rate=RATE, layout="mono")
        art = out.add_stream("mjpeg", rate=1)
        art.width, art.height, art.pix_fmt = 64, 64, "yuvj420p"
        art.disposition = av.stream.Disposition.attached_pic
        out.mux(art.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), format="rgb24")))
        out.mux(art.encode(None))
        tone = av.AudioFrame.from_ndarray(np.zeros((1, RATE * 2), np.int16), format="s16", layout="mono")
        tone.sample_rate = RATE
        out.mux(sound.encode(tone))
        out.mux(sound.encode(None))
    with media.open_media(path) as container:
        assert len(container.streams.video) == 1, "the fixture must carry a picture"
    info = media.probe(path)
    assert (info.has_video, info.has_audio) == (False, True)
    assert info.duration_s == pytest.approx(2.0, abs=0.2)
