"""One side of a measured sitting, as a process of its own: random gains, no files to read."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path

import numpy as np

from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.package import enumerate_packages
from tracktwo.probe.cost import cost_of
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.question import Question
from tracktwo.probe.sitting import Result, sit


def square_agenda(issues: int, options: int) -> Agenda:
    """`issues` issues of `options` options each, 250 points."""
    choices = tuple(Option(f"o{place}", f"Option {place}") for place in range(options))
    return Agenda("Bench", tuple(Issue(f"i{n}", f"Issue {n}", choices) for n in range(issues)))


def main() -> None:
    """Sit once and print seconds, gates, bytes and peak memory as one JSON object."""
    side, folder, home, issues, asked, rule, breadth = sys.argv[1:]
    packages = enumerate_packages(square_agenda(int(issues), 10))
    rng = np.random.default_rng(sum(side.encode()))
    gains = rng.integers(1, 251, packages.count) * (rng.random(packages.count) < 0.5)
    program = Enumeration(Question(tuple(asked.split(",")), rule, int(breadth)), packages)
    cost = cost_of(program)

    def show(result: Result) -> None:
        used = resource.getrusage(resource.RUSAGE_SELF)
        row = {
            "seconds": result.seconds,
            "cpu_seconds": used.ru_utime + used.ru_stime,
            "and_gates": cost.and_gates,
            "bytes": cost.bytes_sent + cost.bytes_received,
            "peak_memory_bytes": used.ru_maxrss * 1024,
        }
        print(json.dumps(row))

    sit(
        program,
        gains.astype(np.int32),
        side=side,
        folder=Path(folder),
        home=Path(home),
        show=show,
    )


if __name__ == "__main__":
    main()
