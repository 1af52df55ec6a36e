"""A lease's id names the process that made it, so that who shares its machine can see that it has died.

Of a process of another machine nothing is known here, and one that is frozen is not dead.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from functools import cache
from pathlib import Path


def new_lease() -> str:
    """An id of at most 36 characters that nobody else has: place, process, chance."""
    return f"{here()}{os.getpid()}-{secrets.token_hex(8)}"


@cache
def here() -> str:
    """What the ids made here begin with: this boot of this machine, and the namespace of its process ids."""
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text()
        names = os.readlink("/proc/self/ns/pid")
    except OSError:
        return f"{secrets.token_hex(5)}-"  # of our own, so only what we fork is at the same place
    return f"{hashlib.sha256(f'{boot}{names}'.encode()).hexdigest()[:10]}-"


def is_dead(lease_id: str) -> bool:
    """Has the process that made it ended, beyond doubt? Ask after the lease was read, not before.

    Then it does not matter that numbers are used again: whoever made the lease had this number before,
    and is no more if nobody has it now. A new process of the same number makes it look alive.
    """
    if not lease_id.startswith(here()):
        return False
    pid = int(lease_id.split("-")[1])
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False  # another user's
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False  # it has just gone, or we may not look
    return state in ("Z", "X")  # ended, and not yet asked how
