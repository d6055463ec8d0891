"""The probe's marks: wall clock of both sides as processes on this machine, both runs included.

`python bench/probe.py [--json] [--repeat N] [--quick]`; --quick leaves out ranking a million.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

SIDE = Path(__file__).with_name("side.py")
# issues of ten options, asked, rule, breadth; the mark in seconds, MB of traffic, MB of memory
MARKS: list[tuple[int, str, str, int, tuple[float, float, float] | None]] = [
    (3, "exists,how-much,where,best", "nash", 10, None),
    (4, "exists,how-much,where,best", "nash", 10, None),
    (5, "best", "nash", 0, (2.0, 300, 200)),
    (5, "best", "egalitarian", 0, (2.0, 300, 200)),
    (5, "exists,how-much,where,best", "nash", 10, None),
    (6, "exists", "nash", 0, (1.5, 70, 300)),
    (6, "exists,where", "nash", 0, (3.0, 300, 300)),
    (6, "best", "nash", 0, (15.0, 3000, 300)),
]


def measure(issues: int, asked: str, rule: str, breadth: int) -> dict[str, Any]:
    """Run both sides once; the slower side's seconds, the larger side's memory."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch, "folder")
        folder.mkdir()
        sides = [
            subprocess.Popen(
                [
                    sys.executable,
                    str(SIDE),
                    side,
                    str(folder),
                    str(Path(scratch, side)),
                    str(issues),
                    asked,
                    rule,
                    str(breadth),
                ],
                stdout=subprocess.PIPE,
                text=True,
            )
            for side in ("A", "B")
        ]
        rows = [json.loads(side.communicate()[0]) for side in sides]
    packages = 10**issues
    return {
        "packages": packages,
        "asked": asked,
        "rule": rule,
        "breadth": breadth,
        "seconds": max(row["seconds"] for row in rows),
        "cpu_seconds": sum(row["cpu_seconds"] for row in rows),
        "gates_per_package": rows[0]["and_gates"] / packages,
        "megabytes": rows[0]["bytes"] / 1e6,
        "memory_megabytes": max(row["peak_memory_bytes"] for row in rows) / 1e6,
    }


def best_of(repeat: int, *question: Any) -> dict[str, Any]:  # noqa: ANN401
    """The fastest of some runs: the one the rest of the machine disturbed least."""
    return min((measure(*question) for _ in range(repeat)), key=lambda row: row["seconds"])


def table(rows: list[dict[str, Any]]) -> str:
    """The rows as a Markdown table, marks in brackets."""
    lines = [
        "| packages | asked | rule | breadth | seconds | CPU s | gates/package | MB | MB memory |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        seconds, traffic, memory = row["mark"] or ("-", "-", "-")
        lines.append(
            f"| {row['packages']:,} | {row['asked']} | {row['rule']} | {row['breadth']} "
            f"| {row['seconds']:.2f} ({seconds}) | {row['cpu_seconds']:.1f} "
            f"| {row['gates_per_package']:.2f} | {row['megabytes']:.1f} ({traffic}) "
            f"| {row['memory_megabytes']:.0f} ({memory}) |"
        )
    return "\n".join(lines)


def main() -> None:
    """Measure every mark and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--quick", action="store_true")
    arguments = parser.parse_args()
    rows = []
    for *question, mark in MARKS:
        if arguments.quick and question[:2] == [6, "best"]:
            continue
        rows.append(best_of(arguments.repeat, *question) | {"mark": mark})
    print(json.dumps(rows, indent=2) if arguments.json else table(rows))


if __name__ == "__main__":
    main()
