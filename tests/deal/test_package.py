"""Packages: the order of DESIGN 4.1, numbers there and back, masks, limits, memory."""

from __future__ import annotations

import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import brute
from strategies import agendas, combinations
from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.package import enumerate_packages
from tracktwo.errors import BadInput


def plain_agenda(*sizes: int, exclude: tuple[frozenset[tuple[str, str]], ...] = ()) -> Agenda:
    """Issues i0, i1, ... with options o0, o1, ... of the given numbers."""
    issues = tuple(
        Issue(f"i{place}", "An issue", tuple(Option(f"o{n}", "An option") for n in range(size)))
        for place, size in enumerate(sizes)
    )
    return Agenda("Plain", issues, exclude)


def together(*choices: str) -> frozenset[tuple[str, str]]:
    return frozenset((choice.split("=")[0], choice.split("=")[1]) for choice in choices)


@given(agendas())
def test_packages_come_in_the_order_of_the_design_without_the_excluded(agenda: Agenda) -> None:
    packages = enumerate_packages(agenda)
    assert [packages.package(n) for n in range(packages.count)] == brute.packages(agenda)


@given(agendas())
def test_a_number_and_its_package_lead_to_each_other(agenda: Agenda) -> None:
    packages = enumerate_packages(agenda)
    numbers = [packages.number(packages.package(n)) for n in range(packages.count)]
    assert numbers == list(range(packages.count))


@given(agendas())
def test_raw_numbers_are_given_exactly_when_something_is_excluded(agenda: Agenda) -> None:
    packages = enumerate_packages(agenda)
    if not agenda.exclude:
        assert packages.raw is None
        return
    everything = brute.packages(Agenda(agenda.title, agenda.issues))
    allowed = brute.packages(agenda)
    assert packages.raw is not None
    assert packages.raw.dtype == np.uint32
    assert [everything[raw] for raw in packages.raw] == allowed


@given(agendas(), st.data())
def test_the_option_table_of_any_stretch_agrees_with_the_packages(
    agenda: Agenda, data: st.DataObject
) -> None:
    packages = enumerate_packages(agenda)
    start = data.draw(st.integers(0, packages.count))
    stop = data.draw(st.integers(start, packages.count))
    table = packages.options(start, stop)
    named = [
        {issue.id: issue.options[k].id for issue, k in zip(agenda.issues, row, strict=True)}
        for row in table
    ]
    assert table.dtype == np.uint8
    assert table.shape == (stop - start, len(agenda.issues))
    assert named == brute.packages(agenda)[start:stop]


@given(agendas())
def test_the_option_that_each_package_holds_of_an_issue_is_told(agenda: Agenda) -> None:
    packages = enumerate_packages(agenda)
    for place, issue in enumerate(agenda.issues):
        held = [issue.options[index].id for index in packages.held(place)]
        assert held == [package[issue.id] for package in brute.packages(agenda)]


@given(agendas(), st.data())
def test_a_combination_is_held_where_all_of_it_is(agenda: Agenda, data: st.DataObject) -> None:
    combination = data.draw(combinations(agenda.issues, max_size=4))
    packages = enumerate_packages(agenda)
    expected = [brute.holds(package, combination) for package in brute.packages(agenda)]
    assert packages.containing(combination).tolist() == expected


@given(agendas(), st.data())
def test_a_package_crosses_where_it_holds_a_first_but_not_its_second(
    agenda: Agenda, data: st.DataObject
) -> None:
    pairs = data.draw(st.lists(st.tuples(combinations(agenda.issues), combinations(agenda.issues))))
    expected = [
        any(
            brute.holds(package, first) and not (second and brute.holds(package, second))
            for first, second in pairs
        )
        for package in brute.packages(agenda)
    ]
    assert enumerate_packages(agenda).crossing(pairs).tolist() == expected


@pytest.mark.parametrize("count", [63, 64, 65, 200])
def test_any_number_of_pairs_is_looked_at(count: int) -> None:
    agenda = plain_agenda(255, 2, exclude=(together("i0=o0", "i1=o0"),))
    pairs = [(together(f"i0=o{n}"), together("i1=o1")) for n in range(1, count + 1)]
    crossing = enumerate_packages(agenda).crossing(pairs)
    expected = [p["i1"] == "o0" and int(p["i0"][1:]) <= count for p in brute.packages(agenda)]
    assert crossing.tolist() == expected


@given(agendas(), st.data())
def test_totals_add_one_value_an_issue(agenda: Agenda, data: st.DataObject) -> None:
    any_value = st.integers(-1000, 1000)
    values = [
        np.array([data.draw(any_value) for _ in issue.options], np.int32) for issue in agenda.issues
    ]
    expected = [
        sum(int(of[i.index(package[i.id])]) for i, of in zip(agenda.issues, values, strict=True))
        for package in brute.packages(agenda)
    ]
    totals = enumerate_packages(agenda).totals(values)
    assert totals.dtype == np.int32
    assert totals.tolist() == expected


def test_blocks_join_without_a_seam() -> None:
    agenda = plain_agenda(3, 255, 2, 255, exclude=(together("i0=o1", "i3=o7"),))
    packages = enumerate_packages(agenda)
    values = [np.arange(n, dtype=np.int32) * 1000**place for place, n in enumerate((3, 255, 2, 1))]
    values[3] = np.zeros(255, np.int32)
    table = packages.options(0, packages.count).astype(np.int64)
    expected = table[:, 0] + table[:, 1] * 1000 + table[:, 2] * 1000**2
    assert packages.count == 3 * 255 * 2 * 255 - 255 * 2
    assert np.array_equal(packages.totals(values), expected)
    pair = (together("i1=o9"), together("i3=o254"))
    assert np.array_equal(packages.crossing([pair]), (table[:, 1] == 9) & (table[:, 3] != 254))
    for place in range(4):
        assert np.array_equal(packages.held(place), table[:, place])


@pytest.mark.parametrize(
    ("package", "said"),
    [
        ({"i0": "o0"}, 'no option for the issue "i1"'),
        ({"i0": "o0", "i1": "o0", "i9": "o0"}, 'no issue "i9"'),
        ({"i0": "o0", "i1": "o9"}, 'no option "o9"'),
        ({"i0": "o1", "i1": "o1"}, "excludes this package"),
    ],
)
def test_what_is_no_package_has_no_number(package: dict[str, str], said: str) -> None:
    packages = enumerate_packages(plain_agenda(2, 2, exclude=(together("i0=o1", "i1=o1"),)))
    with pytest.raises(BadInput, match=said):
        packages.number(package)


@pytest.mark.parametrize("number", [-1, 4])
def test_no_package_lies_outside_the_count(number: int) -> None:
    with pytest.raises(IndexError):
        enumerate_packages(plain_agenda(2, 2)).package(number)


@pytest.mark.parametrize(("start", "stop"), [(-1, 2), (0, 5), (3, 2)])
def test_no_stretch_lies_outside_the_count(start: int, stop: int) -> None:
    with pytest.raises(IndexError):
        enumerate_packages(plain_agenda(2, 2)).options(start, stop)


def test_an_agenda_over_the_limit_is_refused_with_its_size_and_advice() -> None:
    with pytest.raises(BadInput, match=r"10,000,000,000 packages; 4,000,000 can.*Take out"):
        enumerate_packages(plain_agenda(*[10] * 10))


def test_the_limit_counts_what_is_allowed_when_something_is_excluded() -> None:
    agenda = plain_agenda(4, 4, exclude=(together("i0=o0", "i1=o0"),))
    assert enumerate_packages(agenda, limit=15).count == 15
    with pytest.raises(BadInput, match="15 packages; 14 can"):
        enumerate_packages(agenda, limit=14)


def test_far_too_many_before_the_exclusions_is_refused_before_they_are_looked_at() -> None:
    agenda = plain_agenda(*[2] * 63, exclude=(together("i0=o0", "i1=o0"),))
    with pytest.raises(BadInput, match="packages before exclusions, too many"):
        enumerate_packages(agenda)


def test_exclusions_that_leave_nothing_are_refused() -> None:
    exclude = (together("i0=o0", "i1=o0"), together("i0=o0", "i1=o1"))
    with pytest.raises(BadInput, match="leave no package at all"):
        enumerate_packages(plain_agenda(1, 2, exclude=exclude))


def test_sixty_four_issues_are_enumerated() -> None:
    sizes = [1] * 60 + [2] * 4
    agenda = plain_agenda(*sizes, exclude=(together("i0=o0", "i63=o1", "i62=o1"),))
    packages = enumerate_packages(agenda)
    assert packages.count == 12
    assert packages.options(0, 12).shape == (12, 64)


def test_a_million_packages_take_a_few_bytes_each() -> None:
    agenda = plain_agenda(11, 10, 10, 10, 10, 10, exclude=(together("i0=o0", "i1=o0"),))
    values = [np.arange(len(issue.options), dtype=np.int32) for issue in agenda.issues]
    tracemalloc.start()
    try:
        packages = enumerate_packages(agenda)
        packages.totals(values)
        packages.held(2)
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert packages.count == 1_090_000
    assert peak < 16 * packages.count
