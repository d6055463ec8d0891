"""The same study by NegMAS. Run by bench/analysis.py in an environment of its own.

Standard input: JSON, with `weights` and `scores` of each side. Standard output: JSON, the seconds
of the fastest of some runs, and the utilities found.
"""

import json
import sys
import time
from itertools import product

from negmas import LinearAdditiveUtilityFunction, make_issue
from negmas.preferences.ops import (
    kalai_points,
    ks_points,
    max_welfare_points,
    nash_points,
    pareto_frontier,
)
from negmas.preferences.value_fun import TableFun

given = json.load(sys.stdin)
shape = [len(of) for of in given["a"]["scores"]]
issues = [make_issue([str(o) for o in range(size)], f"i{n}") for n, size in enumerate(shape)]
ufuns = [
    LinearAdditiveUtilityFunction(
        values=[TableFun({str(o): score for o, score in enumerate(of)}) for of in side["scores"]],
        weights=side["weights"],
        issues=issues,
        reserved_value=side["line"],
    )
    for side in (given["a"], given["b"])
]


def study() -> tuple[list[tuple[float, ...]], list[tuple]]:
    """Enumerate, find the frontier and the same points on it."""
    outcomes = list(product(*([str(o) for o in range(size)] for size in shape)))
    frontier, _ = pareto_frontier(ufuns, outcomes=outcomes, issues=issues)
    points = [nash_points, kalai_points, ks_points, max_welfare_points]
    return list(frontier), [find(ufuns, frontier, issues=issues) for find in points]


fastest = float("inf")
for _ in range(given["repeat"]):
    start = time.perf_counter()
    frontier, (nash, kalai, ks, welfare) = study()
    fastest = min(fastest, time.perf_counter() - start)
found = {"nash": nash, "egalitarian": kalai, "kalai-smorodinsky": ks, "utilitarian": welfare}
best = {rule: [list(map(float, pair)) for pair, _ in points] for rule, points in found.items()}
json.dump({"seconds": fastest, "frontier": len(frontier), "best": best}, sys.stdout)
