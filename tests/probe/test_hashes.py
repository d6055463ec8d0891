"""How many labels a section hashes, and that none of its tweaks ever serves twice.

The bound of TMMO falls with the hashes under one key, so docs/spec/probe.md states how many there
are at most. What is counted is what a garbler hashes: four labels a gate of two ciphertexts, two a
gate of one, and of products one for each wire there is to choose from.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import pytest

from matters import matter, plain
from sides import EVERYTHING, packages_of
from tracktwo.deal.trellis import Trellis
from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.gates import Tally, Wires
from tracktwo.mpc.program import Program, run_section
from tracktwo.probe.choice import CIRCUITS, Circuits, Offer
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.frontier.circuit import WORK_LIMIT, FrontierCircuit
from tracktwo.probe.question import Question
from two_parties import Conversation, party
from watching import Watched, watch, wire_pairs

SPEC = " ".join(
    (Path(__file__).parents[2] / "docs" / "spec" / "probe.md").read_text("utf-8").split()
)
RULES = pytest.mark.parametrize("rule", ["nash", "egalitarian"])


class Hashes(Tally):
    """Counts the labels that a garbler hashes."""

    def __init__(self) -> None:
        super().__init__()
        self.count = 0

    def both(self, x: Wires, y: Wires) -> Wires:
        out = super().both(x, y)
        self.count += 4 * out.shape[0] * out.shape[1]
        return out

    def both_own(self, own: Bits | None, y: Wires) -> Wires:
        self.count += 2 * y.shape[0] * y.shape[1]
        return super().both_own(own, y)

    def both_read(self, x: Wires, y: Wires) -> Wires:
        out = super().both_read(x, y)
        self.count += 2 * out.shape[0] * out.shape[1]
        return out

    both_seen = both_read

    def products(self, choice: Wires, x: Wires) -> Wires:
        self.count += len(choice)
        return super().products(choice, x)


def hashes(program: Program) -> list[int]:
    """Of each section, from public sizes alone."""
    parts: list[Any] = []
    counts = []
    for rows, lanes in program.shapes:
        gates = Hashes()
        run_section(program, gates, parts, None, gates.zeros(rows, lanes))
        counts.append(gates.count)
    return counts


def stated(what: str) -> float:
    """The number of hashes that the specification gives for it."""
    (power,) = re.findall(rf"{what}".replace("#", r"2\^([\d.]+)"), SPEC)
    return float(2 ** float(power))


# Counted as they are asked


@pytest.fixture(scope="module", params=CIRCUITS)
def sat(request: pytest.FixtureRequest) -> tuple[Program, list[Watched]]:
    """A whole conversation, everything asked and breadth demanded, and all that was hashed."""
    agenda, a, b = matter(0, (2, 3))
    unit = "points" if request.param == "frontier" else "packages"
    question = Question(("exists", "where", "best"), "nash", 1, unit)
    offer = Circuits(agenda).offers(question)[request.param]
    assert isinstance(offer, Offer)
    program = offer.circuit
    inputs = [program.entries(program.take(side), 1) for side in (a, b)]
    with pytest.MonkeyPatch.context() as patch:
        watched = watch(patch)
        talk = Conversation.between(party(program, inputs[0], 0), party(program, inputs[1], 1))
    assert talk.outcomes[0] == talk.outcomes[1]
    return program, watched


def roles(watched: list[Watched], sections: int) -> tuple[list[Watched], list[Watched]]:
    """Those who garbled and those who evaluated: of a key, the first is whose tables came first."""
    by_key: dict[bytes, list[Watched]] = {}
    for hashing in watched:
        by_key.setdefault(hashing.key, []).append(hashing)
    assert [len(of) for of in by_key.values()] == [2] * (2 * sections)
    return [of[0] for of in by_key.values()], [of[1] for of in by_key.values()]


def test_each_section_has_a_key_of_its_own_in_each_direction_and_no_tweak_serves_twice(
    sat: tuple[Program, list[Watched]],
) -> None:
    program, watched = sat
    garblers, evaluators = roles(watched, len(program.shapes))
    offsets = set().union(*(wire_pairs(garbler) for garbler in garblers))
    assert len(offsets) == 2, "the two labels under a tweak are those of one wire"
    for garbler, evaluator in zip(garblers, evaluators, strict=True):
        assert garbler.labels.keys() == evaluator.labels.keys()
        assert sorted(garbler.labels) == list(range(len(garbler.labels)))
        assert all(len(labels) == 1 for labels in evaluator.labels.values())


def test_as_many_labels_are_hashed_in_each_section_as_are_counted_from_sizes(
    sat: tuple[Program, list[Watched]],
) -> None:
    program, watched = sat
    garblers, _ = roles(watched, len(program.shapes))
    asked = [sum(map(len, garbler.labels.values())) for garbler in garblers]
    counted = hashes(program)
    assert asked in (counted * 2, [count for count in counted for _ in range(2)])
    assert sum(counted) > 0


# At the limits


@RULES
def test_a_section_of_the_enumeration_asks_no_more_hashes_than_the_specification_says(
    rule: str,
) -> None:
    """The last section joins the others: it is the largest where there are very many."""
    question = Question(EVERYTHING, rule, 5)
    for shape in ((90, 91), (100, 100, 100)):
        most = max(hashes(Enumeration(question, packages_of(*shape, points=1000))))
        assert most <= stated("enumeration asks at most # hashes"), f"2^{math.log2(most):.2f}"


def test_nor_does_it_ask_more_than_at_the_programs_limits_for_as_many_packages_as_are_listed() -> (
    None
):
    best = Question(("best",), "egalitarian")
    counts = hashes(Enumeration(best, packages_of(100, 200, 200, points=1000)))
    assert max(counts) < stated("less than # at the program's limits")


@RULES
def test_a_section_of_the_frontier_asks_as_many_hashes_as_the_specification_says(rule: str) -> None:
    question = Question(("exists", "where", "best"), rule, 5, "points")
    trellis = Trellis(plain(*[50] * 30, points=1000))
    most = max(hashes(FrontierCircuit(question, trellis)))
    told = stated("the frontier # for 30 issues of 50 options at 1000 points")
    assert told / 1.1 < most <= told


@RULES
@pytest.mark.parametrize(
    ("sizes", "points", "linked"),
    [
        ((252, 252, *[1] * 62), 1000, ()),
        ((255, 255), 1000, ()),
        ((16, 16, 15), 1000, (("i0", "i1"), ("i1", "i2"))),
        ((25, 27, 24), 10, (("i0", "i1", "i2"),)),
    ],
)
def test_nor_at_the_limits_of_the_program_more_than_it_says(
    rule: str, sizes: tuple[int, ...], points: int, linked: tuple[tuple[str, ...], ...]
) -> None:
    """As many branches times lanes as are taken, on many points and on few."""
    question = Question(("exists", "where", "best"), rule, 5, "points")
    trellis = Trellis(plain(*sizes, points=points, linked=linked))
    program = FrontierCircuit(question, trellis)
    work = max(layer.branches for layer in trellis.layers) * program.layout.lanes
    assert 0.9 < work / WORK_LIMIT <= 1
    assert max(hashes(program)) < stated("less than # at the program's limits")
