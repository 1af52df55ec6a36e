"""slidegeist: Opencast's method (a scene filter whose threshold is sought until few segments remain).

It asks ffprobe for the length, which the packaged ffmpeg lacks: OpenCV, which it needs anyway, says it.
"""

from __future__ import annotations

import os
import sys
import tempfile
from pathlib import Path

import cuts
import cv2
import imageio_ffmpeg
from slidegeist import ffmpeg


def length_s(video: Path) -> float:
    capture = cv2.VideoCapture(str(video))
    return float(capture.get(cv2.CAP_PROP_FRAME_COUNT) / capture.get(cv2.CAP_PROP_FPS))


def main() -> None:
    video, folder = Path(sys.argv[1]), Path(sys.argv[2])
    ffmpeg.get_video_duration = length_s
    with tempfile.TemporaryDirectory() as programs:
        for name in ("ffmpeg", "ffprobe"):  # looked for on the path, the second by name alone
            Path(programs, name).symlink_to(imageio_ffmpeg.get_ffmpeg_exe())
        os.environ["PATH"] = f"{programs}{os.pathsep}{os.environ['PATH']}"
        found = ffmpeg.detect_scenes(video)
    cuts.write(folder, found, length_s(video))


if __name__ == "__main__":
    main()
