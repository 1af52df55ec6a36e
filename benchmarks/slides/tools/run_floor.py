"""What any extraction has to do at the least: `demux`, decode `keys` only, or decode `all`. No listing."""

from __future__ import annotations

import sys

import av


def main() -> None:
    video, method = sys.argv[1], sys.argv[3]
    with av.open(video) as container:
        stream = container.streams.video[0]
        stream.thread_type = "AUTO"
        if method == "demux":
            for _ in container.demux(stream):
                pass
            return
        if method == "keys":
            stream.codec_context.skip_frame = "NONKEY"
        for _ in container.decode(stream):
            pass


if __name__ == "__main__":
    main()
