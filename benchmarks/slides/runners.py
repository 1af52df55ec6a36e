"""What is put side by side: Lectern, its peers, and the floors below all of them."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from benchmarks.environment import ROOT, virtual_env
from benchmarks.slides.measure import Spent, run

_TOOLS = Path(__file__).parent / "tools"
_FFMPEG = "imageio-ffmpeg==0.8.1"


@dataclass(frozen=True)
class Runner:
    """`requirements` are what pip installs for it; none means our own environment."""

    name: str
    program: str
    method: str = ""
    requirements: tuple[str, ...] = ()

    def python(self) -> Path:
        """Raises NotInstallable."""
        if not self.requirements:
            return Path(sys.executable)
        return virtual_env(self.program.removeprefix("run_"), list(self.requirements))

    def run(self, python: Path, video: Path, folder: Path, limit_s: float) -> Spent:
        """Raises Failed. The listing is in `folder`/slides.json, unless it is a floor."""
        ours = ("-m", f"benchmarks.slides.tools.{self.program}")
        started = ours if not self.requirements else (str(_TOOLS / f"{self.program}.py"),)
        given = [str(video), str(folder), *([self.method] if self.method else [])]
        return run([python, *started, *given], folder / "log", cwd=ROOT, limit_s=limit_s)


LECTERN = Runner("Lectern", "run_lectern")
FLOORS = (
    Runner("demux", "run_floor", "demux"),
    Runner("key frames", "run_floor", "keys"),
    Runner("full decode", "run_floor", "all"),
)
PEERS = (
    *(
        Runner(f"PySceneDetect {m}", "run_scenedetect", m, ("scenedetect==0.7.2",))
        for m in ("content", "adaptive", "hash")
    ),
    Runner("ffmpeg scene filter", "run_ffmpeg_scene", "", (_FFMPEG,)),
    Runner("slidegeist", "run_slidegeist", "", ("slidegeist==2026.4.23", _FFMPEG)),
    Runner("extract-video-ppt", "run_extract_video_ppt", "", ("extract-video-ppt==1.1.2", "opencv-python<5")),
    Runner("deck-extract", "run_deck_extract", "", ("deck-extract==0.1.1",)),
)
