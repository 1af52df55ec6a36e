"""ffmpeg's scene filter, everything above 0.1 a change."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import cuts
import imageio_ffmpeg


def main() -> None:
    video, folder = sys.argv[1], Path(sys.argv[2])
    program = imageio_ffmpeg.get_ffmpeg_exe()
    chosen = ["-an", "-vf", "select='gt(scene,0.1)',showinfo", "-f", "null", "-"]
    said = subprocess.run([program, "-i", video, *chosen], capture_output=True, text=True, check=True).stderr
    length = re.search(r"Duration: (\d+):(\d+):([\d.]+)", said)
    assert length is not None, said
    duration_s = int(length[1]) * 3600 + int(length[2]) * 60 + float(length[3])
    found = [float(second) for second in re.findall(r"Parsed_showinfo.* pts_time:([\d.]+)", said)]
    cuts.write(folder, found, duration_s)


if __name__ == "__main__":
    main()
