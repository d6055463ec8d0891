"""The four questions in the clear, and how to read the circuit's output bits (DESIGN 4.2)."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from tracktwo.deal.best import Gains, best_along, best_listed
from tracktwo.deal.frontier import Frontier, is_broad
from tracktwo.deal.package import OutcomeSpace, Packages
from tracktwo.deal.trellis import Scoring, Trellis
from tracktwo.errors import PeerFault
from tracktwo.probe.circuit import Circuit
from tracktwo.probe.question import Answer, Question, bracket, number_of


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
        best=best_listed(packages, ours, theirs, question.rule, last=bool(coin))
        if "best" in asked
        else None,
    )


def along(
    question: Question, trellis: Trellis, ours: Scoring, theirs: Scoring, coin: int
) -> Answer:
    """The same without a list of packages: never `how-much`, and breadth in points."""
    if any(not is_broad(trellis, side, question.breadth) for side in (ours, theirs)):
        return Answer(refused=True)
    asked, found = question.asked, Frontier(trellis, ours, theirs)
    marks = [int(held) for row in found.where() for held in row] if "where" in asked else []
    best = best_along(found, question.rule, last=bool(coin)) if "best" in asked else None
    return Answer(
        refused=False,
        exists=found.exists if "exists" in asked else None,
        where=_marks(trellis, tuple(marks)) if "where" in asked else None,
        best=None if best is None else trellis.package(best),
    )


def read_answer(program: Circuit[Any], bits: tuple[int, ...]) -> Answer:
    """The answer in a circuit's output bits. Raises PeerFault for bits that are no answer."""
    parts: dict[str, tuple[int, ...]] = {}
    start = 0
    for ask, width in program.widths.items():
        parts[ask] = bits[start : start + width]
        start += width
    if parts.get("refused") == (1,):
        return Answer(refused=True)
    exists, marks, best = (parts.get(ask) for ask in ("exists", "where", "best"))
    length = parts.get("how-much")
    answer = Answer(
        refused=False,
        exists=None if exists is None else bool(exists[0]),
        how_much=None if length is None else bracket(number_of(length)),
        where=None if marks is None else _marks(program.packages, marks),
        best=None if not best or not best[0] else program.package(best[1:]),
    )
    if not _is_one_answer(answer, best is not None):
        raise PeerFault("The two runs agree on answers that contradict each other.")
    return answer


def _is_one_answer(answer: Answer, best_asked: bool) -> bool:
    """Whether all parts agree that there is room, or none, and the best package lies in it."""
    rooms = set()
    if answer.exists is not None:
        rooms.add(answer.exists)
    if answer.how_much is not None:
        rooms.add(answer.how_much[0] > 0)
    if answer.where is not None:
        rooms |= {any(of.values()) for of in answer.where.values()}
        best = answer.best or {}
        rooms |= {answer.where[issue][option] for issue, option in best.items()}
    if best_asked:
        rooms.add(answer.best is not None)
    return len(rooms) == 1


def _where(packages: Packages, joint: NDArray[np.bool_]) -> dict[str, dict[str, bool]]:
    marks: list[int] = []
    for place, issue in enumerate(packages.agenda.issues):
        counts = np.bincount(packages.held(place)[joint], minlength=len(issue.options))
        marks += (counts > 0).astype(int).tolist()
    return _marks(packages, tuple(marks))


def _marks(packages: OutcomeSpace, marks: tuple[int, ...]) -> dict[str, dict[str, bool]]:
    flags = iter(marks)
    return {
        issue.id: {option.id: bool(next(flags)) for option in issue.options}
        for issue in packages.agenda.issues
    }
