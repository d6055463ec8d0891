"""One side of a measured sitting, as a process of its own: random positions, no files to read."""

from __future__ import annotations

import json
import resource
import sys
from pathlib import Path
from typing import Any

import numpy as np

from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import PointTable
from tracktwo.deal.trellis import Scoring, Trellis
from tracktwo.probe.cost import cost_of
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.frontier.circuit import FrontierCircuit
from tracktwo.probe.question import Question
from tracktwo.probe.sitting import Result, sit


def square_agenda(issues: int, options: int, points: int = 250) -> Agenda:
    """`issues` issues of `options` options each."""
    choices = tuple(Option(f"o{place}", f"Option {place}") for place in range(options))
    every = tuple(Issue(f"i{n}", f"Issue {n}", choices) for n in range(issues))
    return Agenda("Bench", every, points=points)


def listed(question: Question, agenda: Agenda, random: np.random.Generator) -> tuple[Any, Any]:
    """The enumeration, and random gains, half of the packages acceptable."""
    packages = enumerate_packages(agenda)
    gains = random.integers(1, 251, packages.count) * (random.random(packages.count) < 0.5)
    return Enumeration(question, packages), gains.astype(np.int32)


def along(question: Question, agenda: Agenda, random: np.random.Generator) -> tuple[Any, Any]:
    """The frontier, and random weights and scores, the line at half of everything."""
    trellis = Trellis(agenda)
    weights = random.random(len(agenda.issues))
    weights *= agenda.points / weights.sum()
    table = []
    for weight, issue in zip(weights, agenda.issues, strict=True):
        scores = random.random(len(issue.options))
        scores = (scores - scores.min()) / np.ptp(scores)
        table.append(np.floor(weight * scores + 0.5).astype(np.int32))
    allowed = tuple(np.ones(layer.branches, np.bool_) for layer in trellis.layers)
    side = Scoring(PointTable(tuple(table), agenda.points // 2), allowed)
    return FrontierCircuit(question, trellis), side


def main() -> None:
    """Sit once and print seconds, gates, bytes and peak memory as one JSON object."""
    side, folder, home, terms = sys.argv[1:]
    given = json.loads(terms)
    question = Question(tuple(given["asked"].split(",")), given["rule"], given["breadth"])
    agenda = square_agenda(given["issues"], given["options"], given["points"])
    random = np.random.default_rng(sum(side.encode()))
    make = listed if given["circuit"] == "enumeration" else along
    program, private = make(question, agenda, random)
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

    sit(program, private, side=side, folder=Path(folder), home=Path(home), show=show)


if __name__ == "__main__":
    main()
