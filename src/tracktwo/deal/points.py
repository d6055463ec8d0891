"""From a position to points and gains (DESIGN 4.1): whole numbers, so that all agree to the last.

With P the points of the agenda and W the sum of the weights, an option is worth
floor(P * weight * score / (100 * W) + 1/2) points, the line is ceil(P * accept_from / 100), and the
gain of a package u points worth is u - line + 1 where u >= line and no red line crosses, else 0.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.package import Package, Packages
from tracktwo.deal.position import TOP_SCORE, Position, in_units, require_covers


@dataclass(frozen=True, slots=True, repr=False, eq=False)
class PointTable:
    """A position in points. SECRET, so its repr shows nothing.

    `points`: for each issue, (options,) int32, what each option is worth. `line`: the least points
    of an acceptable package.
    """

    points: tuple[NDArray[np.int32], ...]
    line: int

    def __repr__(self) -> str:
        return "<PointTable: not shown>"


def point_table(agenda: Agenda, position: Position) -> PointTable:
    """The points of each option, and the line. Raises BadInput where they do not fit together."""
    require_covers(position, agenda)
    whole_weights, _ = in_units(list(position.weights.values()))
    weights = dict(zip(position.weights, whole_weights, strict=True))
    total = sum(whole_weights)

    def worth(issue_id: str, option_id: str) -> int:
        above, below = position.scores[issue_id][option_id].as_integer_ratio()
        whole = TOP_SCORE * total * below
        return (2 * agenda.points * weights[issue_id] * above + whole) // (2 * whole)

    points = tuple(
        np.array([worth(issue.id, option.id) for option in issue.options], np.int32)
        for issue in agenda.issues
    )
    line = math.ceil(agenda.points * Fraction(position.accept_from) / TOP_SCORE)
    return PointTable(points, line)


def utilities(packages: Packages, table: PointTable) -> NDArray[np.int32]:
    """The points of each package: (count,)."""
    return packages.totals(table.points)


def gains(packages: Packages, position: Position) -> NDArray[np.int32]:
    """The gain of each package: (count,), 0 where it is not acceptable.

    Raises BadInput if `position` is for another agenda.
    """
    table = point_table(packages.agenda, position)
    gain = utilities(packages, table)
    gain -= table.line - 1
    np.maximum(gain, 0, out=gain)
    if position.red_lines:
        np.multiply(gain, ~crossed(packages, position), out=gain)
    return gain


def gain_of(agenda: Agenda, position: Position, package: Package) -> int:
    """The gain of one package. Raises BadInput if `position` is for another agenda."""
    table = point_table(agenda, position)
    pairs = zip(agenda.issues, table.points, strict=True)
    worth = sum(int(of[issue.index(package[issue.id])]) for issue, of in pairs)
    if worth < table.line or any(line.crossed_by(package) for line in position.red_lines):
        return 0
    return worth - table.line + 1


def crossed(packages: Packages, position: Position) -> NDArray[np.bool_]:
    """Which packages cross a red line of `position`: (count,)."""
    return packages.crossing([(line.never, line.unless) for line in position.red_lines])
