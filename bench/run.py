"""Every benchmark in turn, tables on standard output: `make bench`."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
BENCHES = {
    "The probe and its marks": ["probe.py"],
    "The channel": ["channel.py"],
    "The page in a browser": ["page.py"],
    "The relay beside its peers": ["relay.py"],
    "Beside MPyC": ["peers.py"],
    "The study beside NegMAS and CP-SAT": ["analysis.py"],
}


def main() -> None:
    """Run them one after the other; they would disturb each other."""
    for title, command in BENCHES.items():
        print(f"\n## {title}\n", flush=True)
        script, *options = command
        subprocess.run([sys.executable, str(HERE / script), *options], check=True)


if __name__ == "__main__":
    main()
