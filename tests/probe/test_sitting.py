"""A whole sitting: which one, sealed on what, resumed, shown again, left, and begun anew."""

from __future__ import annotations

import shutil
import time
from dataclasses import replace
from pathlib import Path

import pytest

from sides import (
    Side,
    answers,
    by_turns,
    gains_of,
    packages_of,
    program_of,
    two_sides,
)
from tracktwo.errors import NotYet
from tracktwo.probe.cost import cost_of
from tracktwo.probe.question import Answer
from tracktwo.probe.sitting import Result, sit

TINY = packages_of(3)
YES = Answer(refused=False, exists=True)
NO = Answer(refused=False, exists=False)


# In turns, killed or not


def test_sides_that_are_never_there_together_come_to_the_answer(sides: tuple[Side, Side]) -> None:
    assert [result.answer for result in by_turns(*sides)] == [YES, YES]


def test_sides_that_are_there_together_come_to_the_answer(sides: tuple[Side, Side]) -> None:
    results = answers(*sides)
    assert [(r.number, r.answer, r.kept, r.later) for r in results] == [(1, YES, False, None)] * 2


def test_by_courier_three_batches_each_way_suffice(sides: tuple[Side, Side]) -> None:
    assert batches(*sides) == [3, 3]


def test_by_courier_between_two_folders_both_come_to_the_answer(sides: tuple[Side, Side]) -> None:
    assert max(batches(*sides)) <= 4
    assert [side.shown[0].answer for side in sides] == [YES, YES]


def batches(a: Side, b: Side) -> list[int]:
    """How many times something was carried from A to B and from B to A until both were done."""
    b.folder = a.folder.parent / "other-folder"
    b.folder.mkdir()
    carried = [0, 0]
    for _ in range(10):
        for index, (side, other) in enumerate(((a, b), (b, a))):
            if not side.shown:
                side.sit()
            if carry(side.folder, other.folder):
                carried[index] += 1
        if a.shown and b.shown:
            return carried
    raise AssertionError("ten turns and no answer")


def carry(source: Path, target: Path) -> int:
    """Copy what is new; how many files that is."""
    new = [path for path in source.iterdir() if not (target / path.name).exists()]
    for path in new:
        shutil.copy(path, target / path.name)
    return len(new)


def test_a_sitting_goes_on_where_it_stood_whoever_runs_again_and_when(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    numbers: list[int] = []
    for side in (a, a, b, b, a, a, a, b, a, b, b, a, b, a):
        if not side.shown:
            side.sit(opened=numbers.append)
    assert set(numbers) == {1}
    assert [side.shown[0].answer for side in sides] == [YES, YES]


def test_a_side_that_waits_looks_ever_less_often_and_goes_on_at_news(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = sides
    pauses: list[float] = []

    def sleep(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) % 8 == 0:
            monkeypatch.setattr(time, "sleep", lambda seconds: None)
            b.sit()
            monkeypatch.setattr(time, "sleep", sleep)

    monkeypatch.setattr(time, "sleep", sleep)
    a.sit(wait=None)
    assert a.shown[0].answer == YES
    assert pauses[:8] == [0.02, 0.04, 0.08, 0.16, 0.25, 0.25, 0.25, 0.25]
    assert pauses[8] == 0.02


def test_waiting_in_vain_ends_with_not_yet_and_its_own_exit_code(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    with pytest.raises(NotYet, match="Run the same command again") as caught:
        raw_sit(a, wait=0)
    assert caught.value.exit_code == 5
    assert a.sittings()[0][1] == "open"


def raw_sit(side: Side, **more: object) -> list[Result]:
    shown: list[Result] = []
    sit(
        side.program,
        side.private,
        side=side.name,
        folder=side.folder,
        home=side.home,
        show=shown.append,
        **more,  # type: ignore[arg-type]
    )
    return shown


# Progress and cost


def test_the_cost_is_known_beforehand() -> None:
    cost = cost_of(program_of(TINY, "exists"))
    assert (cost.packages, cost.and_gates) == (3, 127 + 128)
    assert cost.bytes_sent == cost.bytes_received > 16384


def test_who_waits_is_told_and_the_number_of_the_sitting_too(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    said: list[object] = []
    with pytest.raises(NotYet):
        raw_sit(a, wait=0.01, waiting=lambda: said.append("waiting"), opened=said.append)
    assert said[0] == 1
    assert set(said[1:]) == {"waiting"}


def test_progress_goes_from_nothing_to_all_and_never_back_or_beyond(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    seen: list[tuple[int, int]] = []
    while not a.shown:
        seen.clear()
        a.sit(progress=lambda done, total: seen.append((done, total)))
        if not b.shown:
            b.sit()
    cost, terms = cost_of(a.program), len(a.message(0).read_bytes())
    assert {total for _, total in seen} == {terms + cost.bytes_sent + cost.bytes_received}
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    done, total = seen[-1]
    assert done == total


# Shown again


def test_the_same_command_shows_the_same_answer_again_at_once(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    first = answers(*sides)
    for path in sides[0].folder.glob("*.msg"):
        path.unlink()
    monkeypatch.setattr(time, "sleep", lambda seconds: pytest.fail("it waited"))
    for side, before in zip(sides, first, strict=True):
        for _ in range(2):
            again = side.sit()
            assert again is not None
            assert replace(again, kept=False) == replace(before, seconds=again.seconds)
            assert again.kept
            assert again.seconds == pytest.approx(before.seconds, abs=0.001)


def test_an_answer_that_could_not_be_shown_is_shown_by_the_next_command(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides

    def fail(result: Result) -> None:
        raise BrokenPipeError

    def a_fails() -> None:
        try:
            sit(a.program, a.private, side="A", folder=a.folder, home=a.home, show=fail, wait=0)
        except (NotYet, BrokenPipeError):
            return

    for _ in range(5):
        a_fails()
        if not b.shown:
            b.sit()
    assert a.sittings() == [(1, "answered", None)]
    result = a.sit()
    assert result is not None
    assert (result.answer, result.kept) == (YES, True)


def test_an_answer_shown_again_tells_of_a_later_sitting_of_the_other_side(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    answers(a, b)
    assert b.sit(again=True) is None
    kept = a.sit()
    assert kept is not None
    assert (kept.number, kept.kept, kept.later) == (1, True, 2)
    assert [number for number, _, _ in a.sittings()] == [1], "a second answer must be asked for"


def test_an_answer_of_every_kind_is_kept_as_it_was(tmp_path: Path) -> None:
    program = program_of(packages_of(2, 2), breadth=1)
    sides = two_sides(tmp_path, program, [1, 2, 0, 1], [1, 2, 1, 0])
    first = answers(*sides)
    assert [side.sit().answer for side in sides] == [result.answer for result in first]  # type: ignore[union-attr]


# Begun anew


def test_again_opens_a_new_sitting_that_the_other_side_joins_by_again(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    for number in (1, 2, 3):
        results = answers(a, b, again=number > 1)
        assert [(r.number, r.answer, r.kept) for r in results] == [(number, YES, False)] * 2
    assert a.sittings() == b.sittings() == [(n, "answered", None) for n in (1, 2, 3)]


def test_a_changed_position_after_the_answer_is_a_new_sitting(sides: tuple[Side, Side]) -> None:
    a, b = sides
    answers(a, b)
    a.private = gains_of([0, 0, 0])
    assert a.sit() is None
    b.private = gains_of([1, 0, 0])
    results = answers(a, b)
    assert [(r.number, r.answer) for r in results] == [(2, NO), (2, NO)]


def test_changed_terms_after_the_answer_are_a_new_sitting(sides: tuple[Side, Side]) -> None:
    a, b = sides
    answers(a, b)
    a.program = b.program = program_of(TINY, "how-much")
    results = answers(a, b)
    assert [(r.number, r.answer.how_much) for r in results] == [(2, (1, 2))] * 2


def test_a_side_that_comes_late_joins_the_sitting_that_stands(sides: tuple[Side, Side]) -> None:
    a, b = sides
    answers(a, b)
    a.sit(again=True)
    a.sit(again=True)
    numbers: list[int] = []
    b.sit(again=True, opened=numbers.append)
    assert numbers == [3]
    results = answers(a, b)
    assert [r.number for r in results] == [3, 3]
