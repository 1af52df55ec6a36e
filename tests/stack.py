"""A running Lectern for tests; benchmarks use the same."""

from benchmarks.lab.stack import KEY, ROOT, Stack, free_port, wait_for

__all__ = ["KEY", "ROOT", "Stack", "free_port", "wait_for"]
