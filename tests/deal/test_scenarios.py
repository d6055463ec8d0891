"""The scenarios of the research field: the study equals their reference figures, ties and all."""

from __future__ import annotations

import itertools
import json
import math
from pathlib import Path
from typing import Any

import pytest

from tracktwo.deal.agenda import Agenda
from tracktwo.deal.analysis import Point, Rule, Study, study
from tracktwo.deal.genius import read_domain, read_profile
from tracktwo.deal.position import Position

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "scenarios"
EXPECTED: dict[str, dict[str, Any]] = (
    json.loads((FOLDER / "expected.json").read_text()) if FOLDER.is_dir() else {}
)
FIRST_TWO = {"ItexvsCypress_10_reservations": ("ItexBReserve05", "CypressAReserve05")}

# The reference counts these frontiers in floating point, where a dominated package can seem not to
# be, its worth being 10**-16 too high. The exact figures; the next test shows what is between them.
EXACT_FRONTIER = {"Energy2011": 204, "Jobs": 21}

pytestmark = pytest.mark.skipif(
    not EXPECTED, reason="../shared/scenarios is absent: third-party data, not kept with the code"
)


def load(folder: str) -> tuple[Agenda, Position, Position]:
    paths = sorted((FOLDER / folder).glob("*.xml"))
    domain = next(p for p in paths if b"<negotiation_template" in p.read_bytes())
    profiles = [path for path in paths if path != domain]
    if folder in FIRST_TWO:
        profiles = [p for part in FIRST_TWO[folder] for p in profiles if part in p.name]
    agenda = read_domain(domain.read_bytes(), domain.name)
    a, b = (read_profile(path.read_bytes(), path.name, agenda) for path in profiles[:2])
    return agenda, a, b


def shares(found: Study, points: tuple[Point, ...]) -> list[list[float]]:
    return [[float(share) for share in found.shares(point)] for point in points]


@pytest.mark.parametrize("folder", sorted(EXPECTED))
def test_the_exact_study_of_a_scenario_equals_its_reference_figures(folder: str) -> None:
    agenda, a, b = load(folder)
    found, expected = study(agenda, a, b, exact=True), EXPECTED[folder]
    assert found.packages.count == expected["packages"]
    assert [side.line / side.unit for side in (found.a, found.b)] == expected["reservation"]
    assert found.room == expected["room"]
    if not expected["room"]:
        assert found.frontier == ()
        return
    assert len(agenda.issues) == expected["issues"]
    assert len(found.frontier) == EXACT_FRONTIER.get(folder, expected["frontier"])
    for rule, name, ties in (
        (Rule.NASH, "nash", "nash_ties"),
        (Rule.EGALITARIAN, "egalitarian", "egal_ties"),
    ):
        points = found.best[rule]
        assert shares(found, points) == [pytest.approx(expected[name], abs=1e-12)]
        assert len(points) == expected[ties]  # pairs of utilities; AMPOvsCity has 2 packages of one
    (most, *_) = shares(found, found.best[Rule.UTILITARIAN])
    assert sum(most) == pytest.approx(expected["max_welfare"], abs=1e-12)
    (nearest, *_) = shares(found, found.best[Rule.NEAREST_TO_IDEAL])
    assert math.dist((1, 1), nearest) == pytest.approx(expected["min_distance_to_11"], abs=1e-12)


@pytest.mark.parametrize("folder", sorted(EXACT_FRONTIER))
def test_the_reference_counts_packages_that_only_rounding_keeps_from_being_dominated(
    folder: str,
) -> None:
    agenda, a, b = load(folder)
    exact = study(agenda, a, b, exact=True)
    floats = [float_utilities(agenda, position) for position in (a, b)]
    seeming = float_frontier(floats[0], floats[1])
    assert len({(floats[0][n], floats[1][n]) for n in seeming}) == EXPECTED[folder]["frontier"]
    pairs = [exact.shares(point) for point in exact.frontier]
    for number in seeming:
        u, v = (floats[side][number] for side in (0, 1))
        assert any(x >= u - 1e-14 and y >= v - 1e-14 for x, y in pairs)


def float_utilities(agenda: Agenda, position: Position) -> list[float]:
    """As the tools of the field sum them: in floating point, from the first issue to the last."""
    worth = [
        [
            float(position.weights[i.id]) / 100 * (float(position.scores[i.id][o.id]) / 100)
            for o in i.options
        ]
        for i in agenda.issues
    ]
    return [sum(chosen) for chosen in itertools.product(*worth)]


def float_frontier(a: list[float], b: list[float]) -> list[int]:
    order = sorted(range(len(a)), key=lambda n: (-a[n], -b[n]))
    kept: list[int] = []
    for n in order:
        if not kept or b[n] > b[kept[-1]] or (a[n], b[n]) == (a[kept[-1]], b[kept[-1]]):
            kept.append(n)
    return kept
