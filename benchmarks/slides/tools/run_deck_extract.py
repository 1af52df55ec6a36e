"""deck-extract: looks once a second, compares by SSIM and perceptual hash."""

from __future__ import annotations

import sys
from pathlib import Path

import cuts
import cv2
from video_to_ppt.core.config import ExportConfig
from video_to_ppt.core.pipeline import SlideExtractionPipeline


def main() -> None:
    video, folder = Path(sys.argv[1]), Path(sys.argv[2])
    folder.mkdir(parents=True, exist_ok=True)
    slides, _, _ = SlideExtractionPipeline(export_config=ExportConfig(output_dir=folder / "export")).run(
        video
    )
    capture = cv2.VideoCapture(str(video))
    length_s = capture.get(cv2.CAP_PROP_FRAME_COUNT) / capture.get(cv2.CAP_PROP_FPS)
    found = {}
    for number, slide in enumerate(slides):
        found[float(slide.timestamp_sec)] = name = f"{number:03d}.png"
        cv2.imwrite(str(folder / name), slide.frame_bgr)
    inside = sorted(second for second in found if second < length_s)
    cuts.write(folder, inside, length_s, [found[second] for second in inside])


if __name__ == "__main__":
    main()
