"""This machine: where a person's files are, and how much memory a process took."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from platformdirs import user_data_path


def home() -> Path:
    """Where this person's node and vaults are: TRACKTWO_HOME, or the system's place for data."""
    named = os.environ.get("TRACKTWO_HOME")
    return Path(named) if named else user_data_path("tracktwo")


def peak_memory() -> int | None:
    """The most memory this process held, in bytes; None where the system does not tell."""
    try:
        # Not getrusage: what that tells of a young process includes its parent before the exec.
        status = Path("/proc/self/status").read_text("ascii", "replace")
        return 1024 * int(status.partition("VmHWM:")[2].split()[0])
    except (OSError, IndexError):
        return _peak_by_rusage()


def _peak_by_rusage() -> int | None:
    try:
        import resource
    except ImportError:
        return None
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most if sys.platform == "darwin" else 1024 * most
