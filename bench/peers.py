"""The probe beside MPyC on the same questions, in the same run.

MPyC needs three parties and the honesty of two; it runs here as three processes, ours as two. It is
installed by this script alone, into a folder that is removed.

`python bench/peers.py [--json] [--full]`; --full adds `best` at 100,000, minutes for MPyC.
"""

from __future__ import annotations

import argparse
import json
import math
import subprocess
import tempfile
import venv
from pathlib import Path
from typing import Any

from probe import Sitting, measure

PARTY = Path(__file__).with_name("mpyc_party.py")
CASES = [(3, "exists"), (4, "exists"), (5, "exists"), (3, "best"), (4, "best")]
FULL = [(5, "best")]


def install(folder: Path) -> Path:
    """An environment with MPyC; the path of its interpreter."""
    venv.create(folder, with_pip=True)
    python = next(path for path in folder.glob("*/python*") if path.stem == "python")
    command = [str(python), "-m", "pip", "install", "--quiet", "mpyc==0.11", "numpy"]
    subprocess.run(command, check=True)
    return python


def by_mpyc(python: Path, packages: int, asked: str) -> float:
    """The seconds MPyC takes, connections made; infinite after ten minutes."""
    command = [str(python), str(PARTY), str(packages), asked, "-M3"]
    try:
        done = subprocess.run(command, check=True, capture_output=True, text=True, timeout=600)
    except subprocess.TimeoutExpired:
        return math.inf
    output = done.stdout
    row = next(line for line in output.splitlines() if line.startswith("{"))
    return float(json.loads(row)["seconds"])


def main() -> None:
    """Measure both, one after the other, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--full", action="store_true")
    arguments = parser.parse_args()
    rows: list[dict[str, Any]] = []
    with tempfile.TemporaryDirectory() as scratch:
        python = install(Path(scratch))
        for issues, asked in CASES + (FULL if arguments.full else []):
            ours = measure(Sitting("enumeration", issues, 10, asked))
            theirs = by_mpyc(python, 10**issues, asked)
            rows.append(
                {
                    "packages": 10**issues,
                    "asked": asked,
                    "ours": ours["seconds"],
                    "mpyc": theirs,
                    "ratio": theirs / ours["seconds"],
                }
            )
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    print("| packages | asked | TrackTwo, 2 parties, s | MPyC, 3 parties, s | ratio |")
    print("|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['packages']:,} | {row['asked']} | {row['ours']:.2f} | {row['mpyc']:.2f} "
            f"| {row['ratio']:.2f} |"
        )


if __name__ == "__main__":
    main()
