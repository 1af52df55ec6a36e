"""extract-video-ppt: looks once a second, keeps frames that differ; their names say when.

The PDF that it makes of them is left out: that step fails with the fpdf2 of today.
"""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import cuts
import cv2
from video2ppt import video2ppt


def main() -> None:
    video, folder = Path(sys.argv[1]).resolve(), Path(sys.argv[2]).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    os.chdir(folder)
    kept = Path("images")
    shutil.rmtree(kept, ignore_errors=True)

    def keep() -> None:
        """Called before and after the work, to throw the frames away: afterwards they are the result."""
        if Path(video2ppt.DEFAULT_PATH).exists():
            shutil.move(video2ppt.DEFAULT_PATH, kept)

    video2ppt.clearEnv = keep
    video2ppt.exportPdf = lambda: None
    video2ppt.click.clear = lambda: None
    video2ppt.main([str(folder / "pdf"), str(video)], standalone_mode=False)
    capture = cv2.VideoCapture(str(video))
    length_s = capture.get(cv2.CAP_PROP_FRAME_COUNT) / capture.get(cv2.CAP_PROP_FPS)
    found = {}
    for image in sorted(kept.glob("frame*.jpg")):
        time = re.match(r"frame(\d+)\.(\d+)\.(\d+)-", image.name)
        assert time is not None, image
        found[float(int(time[1]) * 3600 + int(time[2]) * 60 + int(time[3]))] = f"images/{image.name}"
    inside = sorted(second for second in found if second < length_s)
    cuts.write(folder, inside, length_s, [found[second] for second in inside])


if __name__ == "__main__":
    main()
