"""The frontier circuit run on clear bits, and its questions."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from hypothesis import strategies as st
from numpy.typing import NDArray

import answers
import brute
from tracktwo.deal.agenda import Agenda
from tracktwo.deal.points import PointTable
from tracktwo.deal.position import Position
from tracktwo.deal.trellis import Scoring, Trellis
from tracktwo.mpc.gates import Clear, Wires
from tracktwo.mpc.program import run_section
from tracktwo.probe.frontier.circuit import FrontierCircuit
from tracktwo.probe.frontier.inputs import Entries, Layout
from tracktwo.probe.frontier.passes import Entered, enter
from tracktwo.probe.function import read_answer
from tracktwo.probe.question import Answer, Question

ASKED = ("exists", "where", "best")


def by_circuit(
    question: Question,
    trellis: Trellis,
    a: Position | Scoring,
    b: Position | Scoring,
    coins: tuple[int, int] = (0, 0),
) -> Answer:
    """The answer of the circuit on clear bits; the garbler is the side of `a`."""
    program = FrontierCircuit(question, trellis)
    return read_answer(program, output_bits(program, a, b, coins))


def output_bits(
    program: FrontierCircuit,
    a: Position | Scoring,
    b: Position | Scoring,
    coins: tuple[int, int] = (0, 0),
    entered: dict[str, Any] | None = None,
) -> tuple[int, ...]:
    """All that comes out, if the evaluator enters `entered` in place of some of its parts."""
    ours, theirs = (
        program.entries(side if isinstance(side, Scoring) else program.take(side), coin)
        for side, coin in zip((a, b), coins, strict=True)
    )
    parts: list[Any] = []
    outputs = None
    for section, shape in enumerate(program.shapes):
        own, seen = ours.bits(section), theirs.bits(section).copy()
        assert own.shape == seen.shape == shape
        if section == 0:
            for name, bits in (entered or {}).items():
                program.layout.split(seen)[name][:] = bits
        gates = Clear(bytes(range(16)))
        outputs = run_section(program, gates, parts, own, seen[..., None].copy())
    assert outputs is not None
    assert outputs.shape == (program.outputs, 1, 1)
    return tuple(outputs[:, 0, 0].tolist())


def scoring_of(trellis: Trellis, points: list[list[int]], line: int) -> Scoring:
    """A side with these points an option and no red line."""
    allowed = tuple(np.ones(layer.branches, np.bool_) for layer in trellis.layers)
    return Scoring(PointTable(tuple(np.array(of, np.int32) for of in points), line), allowed)


def on_wires(trellis: Trellis, a: Scoring, b: Scoring) -> tuple[Clear, Layout, Entered]:
    """What the passes work on, in the clear; the garbler is the side of `a`."""
    gates, layout = Clear(bytes(range(16))), Layout(trellis, 0)
    own, seen = (Entries(layout, side, 0).bits(0) for side in (a, b))
    return gates, layout, enter(gates, layout, own, seen[..., None].copy())


def wires_of(numbers: NDArray[Any], rows: int) -> Wires:
    """Numbers of any shape as wires of so many rows."""
    places = np.arange(rows).reshape(-1, *[1] * numbers.ndim)
    return (numbers[None] >> places & 1).astype(np.uint8)[..., None]


def numbers_of(wires: Wires) -> NDArray[np.int64]:
    """The numbers on clear wires: the shape of the wires without rows and w."""
    bits = wires[..., 0].astype(np.int64)
    places = np.arange(len(bits)).reshape(-1, *[1] * (bits.ndim - 1))
    return np.asarray((bits << places).sum(axis=0))


Walk = tuple[int, ...]
"""A way through a trellis: the branch taken in each layer."""


@dataclass(frozen=True)
class Walks:
    """Every way through a trellis, one after the other, and what it is to two sides."""

    trellis: Trellis
    a: Scoring
    b: Scoring

    def every(self) -> list[Walk]:
        """All of them, in the order of packages."""
        return list(self._on(0, 0))

    def _on(self, place: int, state: int) -> Iterator[Walk]:
        if place == len(self.trellis.layers):
            yield ()
            return
        layer = self.trellis.layers[place]
        for branch in np.flatnonzero(layer.source == state).tolist():
            for rest in self._on(place + 1, int(layer.target[branch])):
                yield (branch, *rest)

    def options(self, walk: Walk) -> list[int]:
        """The option chosen in each layer."""
        pairs = zip(self.trellis.layers, walk, strict=True)
        return [int(layer.option[branch]) for layer, branch in pairs]

    def told(self, walk: Walk, places: Iterable[int]) -> tuple[int, int] | None:
        """Over these layers: the points of `a`, and what `b` loses; None if either forbids it."""
        gained, lost = 0, 0
        for place in places:
            option = self.options(walk)[place]
            if not (self.a.allowed[place][walk[place]] and self.b.allowed[place][walk[place]]):
                return None
            gained += int(self.a.table.points[place][option])
            lost += int(max(self.b.table.points[place])) - int(self.b.table.points[place][option])
        return gained, lost

    def most(self, walks: Iterable[Walk], places: Iterable[int], lanes: int) -> list[int]:
        """For each lane, the most points of `a` where `b` loses no more; -1 if there is nothing."""
        found, over = [-1] * lanes, list(places)
        for told in (self.told(walk, over) for walk in walks):
            if told is not None:
                gained, lost = told
                found[lost:] = [max(gained, before) for before in found[lost:]]
        return found


def by_brute_force(
    question: Question, agenda: Agenda, a: Position, b: Position, coin: int
) -> Answer:
    """The answer straight from DESIGN 4.2, breadth in points."""
    if not all(_is_broad(agenda, side, question.breadth) for side in (a, b)):
        return Answer(refused=True)
    ours, theirs = (brute.many_gains(agenda, side) for side in (a, b))
    narrow = replace(question, breadth=0, unit="packages")
    return answers.by_brute_force(narrow, agenda, ours, theirs, coin)


def _is_broad(agenda: Agenda, side: Position, breadth: int) -> bool:
    """Whether a package that crosses none of its red lines lies so far above its line."""
    line = brute.line(agenda, side)
    return not breadth or any(
        brute.points(agenda, side, package) - line >= breadth
        for package in brute.packages(agenda)
        if not any(brute.crosses(red_line, package) for red_line in side.red_lines)
    )


@st.composite
def questions(draw: st.DrawFn, *, breadths: bool = True) -> Question:
    """Any question the frontier can answer."""
    asked = draw(st.sets(st.sampled_from(ASKED), min_size=1))
    rule = draw(st.sampled_from(["nash", "egalitarian"]))
    breadth = draw(st.sampled_from([0, 0, 1, 2, 20, 100, 1000])) if breadths else 0
    unit = "points" if breadth else "packages"
    return Question(tuple(ask for ask in ASKED if ask in asked), rule, breadth, unit)
