"""PySceneDetect: `content`, `adaptive` or `hash`."""

from __future__ import annotations

import sys
from pathlib import Path

import cuts
import scenedetect


def main() -> None:
    video, folder, method = sys.argv[1], Path(sys.argv[2]), sys.argv[3]
    detectors = {
        "content": scenedetect.ContentDetector,
        "adaptive": scenedetect.AdaptiveDetector,
        "hash": scenedetect.HashDetector,
    }
    source = scenedetect.open_video(video)
    manager = scenedetect.SceneManager()
    manager.add_detector(detectors[method]())
    manager.detect_scenes(source)
    found = [start.seconds for start, _ in manager.get_scene_list()]
    cuts.write(folder, found, source.duration.seconds)


if __name__ == "__main__":
    main()
