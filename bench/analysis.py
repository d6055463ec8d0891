"""The study of two positions beside NegMAS 0.16, on the same figures in the same run.

NegMAS is under the AGPL and no dependency of ours: it is installed by this script alone, into a
folder that is removed. Both enumerate the packages and find the frontier, Nash, egalitarian
("Kalai" there), Kalai-Smorodinsky and utilitarian points; ours also marks where the room is. That
both found the same points is checked before times are compared, but for Kalai-Smorodinsky, which
NegMAS defines otherwise (see tracktwo/deal/analysis.py).

`python bench/analysis.py [--json] [--repeat N]`
"""

from __future__ import annotations

import argparse
import json
import math
import random
import subprocess
import tempfile
import time
import venv
from decimal import Decimal
from pathlib import Path
from typing import Any

from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.analysis import Rule, Study, study
from tracktwo.deal.position import Position

THEIRS = Path(__file__).with_name("negmas_study.py")
SIZES = [3, 4, 5]  # issues of ten options
GOAL = 200  # times as fast, at 100,000 packages
SIDES = ("a", "b")


def install(folder: Path) -> Path:
    """An environment with NegMAS; the path of its interpreter."""
    venv.create(folder, with_pip=True)
    python = next(path for path in folder.glob("*/python*") if path.stem == "python")
    command = [str(python), "-m", "pip", "install", "-qq", "negmas==0.16.0"]
    subprocess.run(command, check=True)
    return python


def draw(issues: int) -> dict[str, dict[str, Any]]:
    """Two sides who want opposite things on the whole: weights that sum to 1, scores to 1."""
    rng = random.Random(issues)
    scores = [[rng.randint(0, 100) for _ in range(10)] for _ in range(issues)]
    opposed = [[max(0, min(100, 100 - s + rng.randint(-30, 30))) for s in of] for of in scores]
    sides = {}
    for side, of_side in zip(SIDES, (scores, opposed), strict=True):
        weights = [rng.randint(1, 9) for _ in range(issues)]
        shares = [weight / sum(weights) for weight in weights]
        unit = [[score / 100 for score in of] for of in of_side]
        sides[side] = {"raw": (weights, of_side), "weights": shares, "scores": unit, "line": 0.3}
    return sides


def ours(sides: dict[str, dict[str, Any]], *, exact: bool, repeat: int) -> tuple[float, Study]:
    """The seconds of the fastest of some runs, and what was found."""
    issues = len(sides["a"]["scores"])
    options = tuple(Option(f"o{place}", f"Option {place}") for place in range(10))
    agenda = Agenda("Bench", tuple(Issue(f"i{n}", f"Issue {n}", options) for n in range(issues)))
    a, b = (position(agenda, *sides[side]["raw"]) for side in SIDES)
    fastest = math.inf
    for _ in range(repeat):
        start = time.perf_counter()
        found = study(agenda, a, b, exact=exact)
        fastest = min(fastest, time.perf_counter() - start)
    return fastest, found


def position(agenda: Agenda, weights: list[int], scores: list[list[int]]) -> Position:
    """The position of these whole figures, accepting from 30."""
    return Position(
        accept_from=Decimal(30),
        weights={i.id: Decimal(weight) for i, weight in zip(agenda.issues, weights, strict=True)},
        scores={
            issue.id: {o.id: Decimal(score) for o, score in zip(issue.options, of, strict=True)}
            for issue, of in zip(agenda.issues, scores, strict=True)
        },
    )


def theirs(python: Path, sides: dict[str, dict[str, Any]], repeat: int) -> dict[str, Any]:
    """What NegMAS finds, and in how many seconds."""
    given = json.dumps({**sides, "repeat": repeat})
    done = subprocess.run(
        [str(python), str(THEIRS)], input=given, check=True, capture_output=True, text=True
    )
    found: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return found


def require_same(found: Study, theirs: dict[str, Any]) -> None:
    """Stop the comparison if the two did not find the same points."""
    for rule in (Rule.NASH, Rule.EGALITARIAN, Rule.UTILITARIAN):
        pairs = theirs["best"][rule]
        points = [tuple(map(float, found.shares(point))) for point in found.best[rule]]
        for point in points:
            if not any(math.dist(point, pair) < 1e-9 for pair in pairs):
                raise SystemExit(f"NegMAS found another {rule} point: {pairs}, not {points}")


def measure(python: Path, issues: int, repeat: int) -> dict[str, Any]:
    """One row of the table."""
    sides = draw(issues)
    in_points, _ = ours(sides, exact=False, repeat=10 * repeat)
    exactly, found = ours(sides, exact=True, repeat=10 * repeat)
    negmas = theirs(python, sides, repeat)
    require_same(found, negmas)
    return {
        "packages": 10**issues,
        "frontier": len(found.frontier),
        "negmas_frontier": negmas["frontier"],
        "points_seconds": in_points,
        "exact_seconds": exactly,
        "negmas_seconds": negmas["seconds"],
        "points_ratio": negmas["seconds"] / in_points,
        "exact_ratio": negmas["seconds"] / exactly,
    }


def main() -> None:
    """Measure both, one after the other, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        python = install(Path(scratch))
        rows = [measure(python, issues, arguments.repeat) for issues in SIZES]
    if arguments.json:
        print(json.dumps(rows, indent=2))
        return
    print("| packages | frontier | NegMAS, ms | in points, ms | ratio | exactly, ms | ratio |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['packages']:,} | {row['frontier']} | {1000 * row['negmas_seconds']:.1f} "
            f"| {1000 * row['points_seconds']:.2f} | {row['points_ratio']:.0f} "
            f"| {1000 * row['exact_seconds']:.2f} | {row['exact_ratio']:.0f} |"
        )
    print(f"\nThe goal: {GOAL} times as fast at {10 ** SIZES[-1]:,} packages.")


if __name__ == "__main__":
    main()
