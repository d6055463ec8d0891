"""The study of two positions beside NegMAS 0.16 and CP-SAT, on the same figures in the same run.

NegMAS is under the AGPL and no dependency of ours: it is installed by this script alone, into a
folder that is removed. Both enumerate the packages and find the frontier, Nash, egalitarian
("Kalai" there), Kalai-Smorodinsky and utilitarian points; ours also marks where the room is. That
both found the same points is checked before times are compared, but for Kalai-Smorodinsky, which
NegMAS defines otherwise (see tracktwo/deal/analysis.py).

Beyond what can be listed NegMAS has no answer. There the whole study in points stands beside CP-SAT
of OR-tools, an exact solver on all cores, which is asked for the Nash and the egalitarian packages
alone. That both found the same is checked.

`python bench/analysis.py [--json] [--repeat N] [--part negmas|cp-sat]`
"""

from __future__ import annotations

import argparse
import importlib.util
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
from tracktwo.deal.points import point_table
from tracktwo.deal.position import Position

THEIRS = Path(__file__).with_name("negmas_study.py")
SIZES = [3, 4, 5]  # issues of ten options
LARGE = [6, 9, 12, 20]
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
    agenda, a, b = matter(sides)
    fastest = math.inf
    for _ in range(repeat):
        start = time.perf_counter()
        found = study(agenda, a, b, exact=exact)
        fastest = min(fastest, time.perf_counter() - start)
    return fastest, found


def matter(sides: dict[str, dict[str, Any]]) -> tuple[Agenda, Position, Position]:
    """The agenda of these figures, and both positions on it."""
    issues = len(sides["a"]["scores"])
    options = tuple(Option(f"o{place}", f"Option {place}") for place in range(10))
    agenda = Agenda("Bench", tuple(Issue(f"i{n}", f"Issue {n}", options) for n in range(issues)))
    a, b = (position(agenda, *sides[side]["raw"]) for side in SIDES)
    return agenda, a, b


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


def measure_beyond(issues: int, repeat: int) -> dict[str, Any]:
    """One row of the table beyond listing, of which NegMAS has none."""
    import cp_sat_study

    sides = draw(issues)
    seconds, found = ours(sides, exact=False, repeat=10 * repeat)
    agenda, a, b = matter(sides)
    tables = point_table(agenda, a), point_table(agenda, b)
    disagreements = found.a.disagreement, found.b.disagreement

    def surpluses(rule: Rule) -> tuple[int, int]:
        point = found.best[rule][0]
        return point.a - disagreements[0], point.b - disagreements[1]

    theirs = math.inf
    for _ in range(repeat):
        start = time.perf_counter()
        product = cp_sat_study.nash(tables, disagreements)
        least, most = cp_sat_study.egalitarian(tables, disagreements)
        theirs = min(theirs, time.perf_counter() - start)
    if product != math.prod(surpluses(Rule.NASH)):
        raise SystemExit("CP-SAT found another Nash product.")
    if [least, most] != sorted(surpluses(Rule.EGALITARIAN)):
        raise SystemExit("CP-SAT found other egalitarian surpluses.")
    return {
        "packages": found.packages.count,
        "room": found.room,
        "frontier": len(found.frontier),
        "points_seconds": seconds,
        "cp_sat_seconds": theirs,
        "ratio": theirs / seconds,
    }


def beside_negmas(repeat: int) -> list[dict[str, Any]]:
    """The table of what can be listed."""
    with tempfile.TemporaryDirectory() as scratch:
        python = install(Path(scratch))
        return [measure(python, issues, repeat) for issues in SIZES]


def beyond_listing(repeat: int) -> list[dict[str, Any]] | None:
    """The table of what is beyond it; None where OR-tools is missing."""
    if importlib.util.find_spec("ortools") is None:
        return None
    return [measure_beyond(issues, repeat) for issues in LARGE]


def print_beside_negmas(rows: list[dict[str, Any]]) -> None:
    """As a table, with the goal."""
    print("| packages | frontier | NegMAS, ms | in points, ms | ratio | exactly, ms | ratio |")
    print("|---|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['packages']:,} | {row['frontier']} | {1000 * row['negmas_seconds']:.1f} "
            f"| {1000 * row['points_seconds']:.2f} | {row['points_ratio']:.0f} "
            f"| {1000 * row['exact_seconds']:.2f} | {row['exact_ratio']:.0f} |"
        )
    print(f"\nThe goal: {GOAL} times as fast at {10 ** SIZES[-1]:,} packages.")


def print_beyond_listing(rows: list[dict[str, Any]] | None) -> None:
    """As a table."""
    if rows is None:
        print("\nOR-tools is not installed, so nothing is measured beyond listing.")
        return
    print(
        "\n| packages | room | frontier | the study in points, ms | CP-SAT, two rules, ms | ratio |"
    )
    print("|---|---|---|---|---|---|")
    for row in rows:
        print(
            f"| {row['packages']:.0e} | {row['room']:.2e} | {row['frontier']} "
            f"| {1000 * row['points_seconds']:.1f} | {1000 * row['cp_sat_seconds']:.0f} "
            f"| {row['ratio']:.0f} |"
        )


def main() -> None:
    """Measure one after the other, and print the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--repeat", type=int, default=3)
    parser.add_argument("--part", choices=["negmas", "cp-sat"], help="only this comparison")
    arguments = parser.parse_args()
    tables: dict[str, Any] = {}
    if arguments.part != "cp-sat":
        tables["beside NegMAS"] = beside_negmas(arguments.repeat)
    if arguments.part != "negmas":
        tables["beyond listing"] = beyond_listing(arguments.repeat)
    if arguments.json:
        print(json.dumps(tables, indent=2))
        return
    if "beside NegMAS" in tables:
        print_beside_negmas(tables["beside NegMAS"])
    if "beyond listing" in tables:
        print_beyond_listing(tables["beyond listing"])


if __name__ == "__main__":
    main()
