"""Ctrl-C and SIGTERM unwind the command, also where a library loses the exception on its way.

Cython's wheels for the stable ABI run a line of Python while they note a traceback, and drop what a signal's
handler raises in it: PyAV's do at the end of each file. So what was asked is kept, and long work asks again.
"""

from __future__ import annotations

import signal
import threading
from types import FrameType

_TERMINATED = 128 + signal.SIGTERM
_asked: list[BaseException] = []


def listen() -> None:
    """From now on both signals raise in the main thread, so that half-made output is cleared away."""
    _asked.clear()
    if threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGTERM, _stop)
        if signal.getsignal(signal.SIGINT) is signal.default_int_handler:  # else somebody wants it ignored
            signal.signal(signal.SIGINT, _stop)


def check() -> None:
    """Raise what a signal has asked for, if one came and the work still goes on."""
    if _asked:
        raise _asked[-1]


def _stop(signum: int, frame: FrameType | None) -> None:
    _asked.append(KeyboardInterrupt() if signum == signal.SIGINT else SystemExit(_TERMINATED))
    check()
