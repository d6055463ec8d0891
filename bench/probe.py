"""The probe's marks: wall clock of both sides as processes on this machine, both runs included.

`python bench/probe.py [--json] [--repeat N] [--quick] [--circuit NAME]`
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

SIDE = Path(__file__).with_name("side.py")
Mark = tuple[float, float, float] | None
"""Seconds, MB of traffic, MB of memory a side."""


@dataclass(frozen=True)
class Sitting:
    """What is measured: an agenda of `issues` issues of `options` options, and what is asked."""

    circuit: str
    issues: int
    options: int
    asked: str
    rule: str = "nash"
    breadth: int = 0
    points: int = 250
    mark: Mark = None


ALL, THREE = "exists,how-much,where,best", "exists,where,best"
LISTED = [
    Sitting("enumeration", 3, 10, ALL, breadth=10),
    Sitting("enumeration", 4, 10, ALL, breadth=10),
    Sitting("enumeration", 5, 10, "best", mark=(2.0, 300, 200)),
    Sitting("enumeration", 5, 10, "best", "egalitarian", mark=(2.0, 300, 200)),
    Sitting("enumeration", 5, 10, ALL, breadth=10),
    Sitting("enumeration", 6, 10, "exists", mark=(1.5, 70, 300)),
    Sitting("enumeration", 6, 10, "exists,where", mark=(3.0, 300, 300)),
    Sitting("enumeration", 6, 10, "best", mark=(15.0, 3000, 300)),
]
ALONG = [
    Sitting("frontier", 3, 10, THREE),
    Sitting("frontier", 5, 10, "best"),
    Sitting("frontier", 10, 10, "best", mark=(4.0, 500, 300)),
    Sitting("frontier", 10, 10, "best", "egalitarian", mark=(4.0, 500, 300)),
    Sitting("frontier", 10, 10, THREE),
    Sitting("frontier", 12, 8, THREE),
    Sitting("frontier", 20, 10, "exists"),
    Sitting("frontier", 20, 10, "best", mark=(10.0, 500, 300)),
    Sitting("frontier", 20, 10, THREE, mark=(10.0, 500, 300)),
    Sitting("frontier", 20, 10, THREE, points=100),
    Sitting("frontier", 20, 10, THREE, points=500),
    Sitting("frontier", 20, 10, THREE, points=1000),
    Sitting("frontier", 20, 20, THREE),
    Sitting("frontier", 20, 40, THREE),
]
LIMIT = Sitting("frontier", 30, 50, THREE, points=1000)


def measure(sitting: Sitting) -> dict[str, Any]:
    """Run both sides once; the slower side's seconds, the larger side's memory."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "folder")
        folder.mkdir()
        terms = json.dumps(asdict(sitting))
        sides = [
            subprocess.Popen(
                [sys.executable, str(SIDE), side, str(folder), str(Path(scratch, side)), terms],
                stdout=subprocess.PIPE,
                text=True,
            )
            for side in ("A", "B")
        ]
        rows = [json.loads(side.communicate()[0]) for side in sides]
    return {
        **asdict(sitting),
        "seconds": max(row["seconds"] for row in rows),
        "cpu_seconds": sum(row["cpu_seconds"] for row in rows),
        "gates": rows[0]["and_gates"],
        "megabytes": rows[0]["bytes"] / 1e6,
        "memory_megabytes": max(row["peak_memory_bytes"] for row in rows) / 1e6,
    }


def best_of(repeat: int, sitting: Sitting) -> dict[str, Any]:
    """The fastest of some runs: the one the rest of the machine disturbed least."""
    return min((measure(sitting) for _ in range(repeat)), key=lambda row: row["seconds"])


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table, marks in brackets."""
    lines = [
        "| circuit | issues x options | points | asked | rule | breadth | seconds | CPU s | gates |"
        " MB | MB memory |",
        "|---|---|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        seconds, traffic, memory = row["mark"] or ("-", "-", "-")
        lines.append(
            f"| {row['circuit']} | {row['issues']} x {row['options']} | {row['points']} "
            f"| {row['asked']} | {row['rule']} | {row['breadth']} "
            f"| {row['seconds']:.2f} ({seconds}) | {row['cpu_seconds']:.1f} | {row['gates']:,} "
            f"| {row['megabytes']:.1f} ({traffic}) | {row['memory_megabytes']:.0f} ({memory}) |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure every mark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true", help="leave out what takes longest")
    parser.add_argument("--circuit", choices=["enumeration", "frontier"])
    arguments = parser.parse_args()
    sittings = [*(LISTED[:-1] if arguments.quick else LISTED), *ALONG]
    if not arguments.quick:
        sittings.append(LIMIT)
    rows = [
        best_of(arguments.repeat, sitting)
        for sitting in sittings
        if arguments.circuit in (None, sitting.circuit)
    ]
    print(json.dumps(rows, indent=2) if arguments.json else table(rows))


if __name__ == "__main__":
    main()
