"""The four questions in the clear, and how to read the circuit's output bits (DESIGN 4.2)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.package import Package, Packages
from tracktwo.errors import PeerFault
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.keys import Gains, log_gain
from tracktwo.probe.question import Answer, Question, bracket


def in_clear(
    question: Question, packages: Packages, ours: Gains, theirs: Gains, coin: int
) -> Answer:
    """The answer, for one who holds both sides' gains, each (packages,)."""
    counts = np.count_nonzero(ours), np.count_nonzero(theirs)
    if min(counts) < question.breadth:
        return Answer(refused=True)
    joint = (ours > 0) & (theirs > 0)
    asked, count = question.asked, int(np.count_nonzero(joint))
    return Answer(
        refused=False,
        exists=bool(count) if "exists" in asked else None,
        how_much=bracket(count.bit_length()) if "how-much" in asked else None,
        where=_where(packages, joint) if "where" in asked else None,
        best=_best(question, packages, ours, theirs, joint, coin) if "best" in asked else None,
    )


def read_answer(program: Enumeration, bits: tuple[int, ...]) -> Answer:
    """The answer in a circuit's output bits. Raises PeerFault for bits that are no answer."""
    parts: dict[str, tuple[int, ...]] = {}
    start = 0
    for ask, width in program.widths.items():
        parts[ask] = bits[start : start + width]
        start += width
    if parts.get("refused") == (1,):
        return Answer(refused=True)
    packages = program.packages
    exists, marks, best = (parts.get(ask) for ask in ("exists", "where", "best"))
    length = parts.get("how-much")
    return Answer(
        refused=False,
        exists=None if exists is None else bool(exists[0]),
        how_much=None if length is None else bracket(_number(length)),
        where=None if marks is None else _marks(packages, marks),
        best=None if not best or not best[0] else _package(packages, _number(best[1:])),
    )


def _where(packages: Packages, joint: NDArray[np.bool_]) -> dict[str, dict[str, bool]]:
    marks = [
        int((packages.mask(place, option) & joint).any())
        for place, issue in enumerate(packages.agenda.issues)
        for option in range(len(issue.options))
    ]
    return _marks(packages, tuple(marks))


def _best(
    question: Question,
    packages: Packages,
    ours: Gains,
    theirs: Gains,
    joint: NDArray[np.bool_],
    coin: int,
) -> Package | None:
    numbers = np.flatnonzero(joint)
    if not len(numbers):
        return None
    a, b = ours[numbers].astype(np.int64), theirs[numbers].astype(np.int64)
    if question.rule == "nash":
        table = np.array([0, *(log_gain(g) for g in range(1, int(max(a.max(), b.max())) + 1))])
        key = table[a] + table[b]
    else:
        key = np.minimum(a, b) * (1 << 20) + np.maximum(a, b)
    equal = numbers[key == key.max()]
    return packages.package(int(equal[-1 if coin else 0]))


def _marks(packages: Packages, marks: tuple[int, ...]) -> dict[str, dict[str, bool]]:
    flags = iter(marks)
    return {
        issue.id: {option.id: bool(next(flags)) for option in issue.options}
        for issue in packages.agenda.issues
    }


def _number(bits: tuple[int, ...]) -> int:
    return sum(bit << place for place, bit in enumerate(bits))


def _package(packages: Packages, number: int) -> Package:
    if number >= packages.count:
        raise PeerFault("The two runs agree on a package that does not exist.")
    return packages.package(number)
