"""A sitting under way or over: refused changes, left for another, stopped, in a renamed folder."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from sides import (
    Side,
    answers,
    both_sit,
    by_turns,
    fault_of,
    gains_of,
    packages_of,
    program_of,
    two_sides,
)
from tracktwo.errors import BadInput, PeerFault
from tracktwo.probe import sitting as sitting_module
from tracktwo.probe.question import Answer

TINY = packages_of(3)
YES = Answer(refused=False, exists=True)


def as_far_as(a: Side, b: Side, message: int) -> None:
    """In turns, until A's message of that number lies in the folder."""
    while not a.message(message).exists():
        assert a.sit() is None
        if not a.message(message).exists():
            assert b.sit() is None


# Under way


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        (
            lambda side: replace(side, private=gains_of([2, 0, 2])),
            "Sitting 1 of this side is under way on another position.",
        ),
        (
            lambda side: replace(side, program=program_of(TINY, "how-much")),
            "Sitting 1 of this side is under way on other terms.",
        ),
    ],
    ids=["position", "terms"],
)
def test_another_position_or_other_terms_under_way_are_refused_and_harm_nothing(
    sides: tuple[Side, Side], change: Callable[[Side], Side], sentence: str
) -> None:
    a, b = sides
    as_far_as(a, b, 2)
    before = a.messages()
    with pytest.raises(BadInput) as caught:
        change(a).sit()
    assert str(caught.value) == (
        f"{sentence} Finish it with the command that began it, or leave it and begin anew: --again."
    )
    assert a.messages() == before
    assert [result.answer for result in by_turns(a, b)] == [YES, YES]


def test_another_version_of_the_program_does_not_go_on_with_a_sitting(
    sides: tuple[Side, Side], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = sides
    as_far_as(a, b, 1)
    monkeypatch.setattr(sitting_module, "__version__", "999")
    with pytest.raises(BadInput, match="under way on other terms"):
        a.sit()


def test_to_leave_a_sitting_for_a_new_one_destroys_its_seed_and_tells_the_other_side(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    as_far_as(a, b, 2)
    assert a.sit(again=True) is None
    (first, second) = a.sittings()
    assert first == (1, "stopped", None)
    assert second[:2] == (2, "open")
    assert "left this sitting" in str(fault_of(b))
    assert b.sittings()[0] == (1, "stopped", None)
    assert b.sit(again=True) is None
    assert [(r.number, r.answer) for r in by_turns(a, b)] == [(2, YES), (2, YES)]


def test_a_sitting_left_without_a_word_is_noticed_by_the_next_one(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    as_far_as(a, b, 2)
    a.sit(again=True)
    a.message("stop").unlink()
    assert "left this sitting" in str(fault_of(b))


def test_who_leaves_after_the_check_value_is_taken_for_a_failed_check(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    while not b.message(5).exists():
        a.sit()
        a.message(5).unlink(missing_ok=True)
        b.sit()
    a.message("stop").write_bytes(b"")
    assert "take it for a failed check" in str(fault_of(b))


def test_who_leaves_before_a_word_is_noticed_too(sides: tuple[Side, Side]) -> None:
    a, b = sides
    a.sit()
    b.message("stop").write_bytes(b"")
    assert "left this sitting" in str(fault_of(a))


# Stopped


def stopped(a: Side, b: Side, message: int) -> PeerFault:
    """Stop A by spoiling B's message of that number, which A has not read."""
    while not b.message(message).exists():
        a.sit()
        b.sit()
    data = bytearray(b.message(message).read_bytes())
    data[0] ^= 1  # of the identity in an opening, of the salt in a reveal
    b.message(message).write_bytes(data)
    return fault_of(a)


def test_a_stop_before_our_tables_are_out_lets_the_same_command_begin_anew(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    stopped(a, b, 1)
    assert not a.message(3).exists()
    assert a.sittings() == [(1, "stopped", None)]
    assert isinstance(both_sit(b)[0], PeerFault)
    results = answers(a, b)
    assert [(r.number, r.answer) for r in results] == [(2, YES), (2, YES)]


def test_a_stop_after_our_tables_are_out_is_repeated_for_good_until_told_again(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    fault = stopped(a, b, 5)
    assert "there is no answer" in str(fault)
    assert a.sittings() == [(1, "stopped", None)]
    for _ in range(2):
        assert str(fault_of(a)) == (
            f"{fault} Sitting 1 is over, and the other side may know its answer. "
            "To sit again on the same position: --again."
        )
    results = answers(a, b, again=True)
    assert [(r.number, r.answer) for r in results] == [(2, YES), (2, YES)]


def test_a_fault_has_exit_code_4(sides: tuple[Side, Side]) -> None:
    assert stopped(*sides, 1).exit_code == 4


# The folder's name


def test_a_folder_that_changes_its_name_under_way_is_refused(sides: tuple[Side, Side]) -> None:
    a, b = sides
    as_far_as(a, b, 2)
    marker = a.folder / "tracktwo-folder"
    name = marker.read_bytes()
    marker.write_text("0" * 32 + "\n")
    before = a.messages()
    with pytest.raises(BadInput, match=r"changed its name while sitting 1 was open here.*--again"):
        a.sit()
    assert a.messages() == before
    marker.write_bytes(name)
    assert [result.answer for result in by_turns(a, b)] == [YES, YES]


def test_a_sitting_in_a_folder_that_changed_its_name_can_be_left(tmp_path: Path) -> None:
    a, b = two_sides(tmp_path, program_of(TINY, "exists"), [2, 0, 1], [0, 3, 1])
    as_far_as(a, b, 2)
    (a.folder / "tracktwo-folder").write_text("0" * 32 + "\n")
    a.sit(again=True)
    states = sorted((state, seed is None) for state, seed in all_sittings(a))
    assert states == [("open", False), ("stopped", True)]


def all_sittings(side: Side) -> list[tuple[str, bytes | None]]:
    """(state, seed) of the sittings in all vaults of a side."""
    found = []
    for path in (side.home / "probes").glob("*.sqlite"):
        lone = side.home / path.stem / "probes"
        lone.mkdir(parents=True)
        shutil.copy(path, lone)
        found += [(state, seed) for _, state, seed in replace(side, home=lone.parent).sittings()]
    return found


def test_two_folders_of_one_home_are_kept_apart(tmp_path: Path) -> None:
    program = program_of(TINY, "exists")
    pairs = []
    for name in ("one", "two"):
        (tmp_path / name).mkdir()
        pairs.append(two_sides(tmp_path / name, program, [2, 0, 1], [0, 3, 1]))
    for pair in pairs:
        pair[0].home, pair[1].home = tmp_path / "home-a", tmp_path / "home-b"
    for pair in pairs:
        pair[0].sit()
    for pair in pairs:
        assert [result.number for result in by_turns(*pair)] == [1, 1]


def test_two_sides_may_share_a_home(tmp_path: Path) -> None:
    a, b = two_sides(tmp_path, program_of(TINY, "exists"), [2, 0, 1], [0, 3, 1])
    b.home = a.home
    assert [result.answer for result in answers(a, b)] == [YES, YES]


def test_a_side_that_runs_already_is_refused(sides: tuple[Side, Side]) -> None:
    a, _ = sides
    refusals: list[BadInput] = []

    def meanwhile(number: int) -> None:
        try:
            replace(a).sit()
        except BadInput as refusal:
            refusals.append(refusal)

    a.sit(opened=meanwhile)
    assert "Another process runs this side" in str(refusals[0])


def test_a_side_whose_name_another_uses_is_told_before_anything_is_written(
    sides: tuple[Side, Side],
) -> None:
    a, b = sides
    a.sit()
    before = sorted(path.name for path in a.folder.iterdir())
    b.name = a.name
    with pytest.raises(BadInput, match=r"under this side's name in sitting 1.*another --side"):
        b.sit()
    assert sorted(path.name for path in a.folder.iterdir()) == before
    assert b.sit(again=True) is None, "its vault may be lost, so it may insist"


def test_who_stays_out_when_told_the_number_has_written_nothing(sides: tuple[Side, Side]) -> None:
    a, b = sides
    b.sit()
    before = sorted(path.name for path in a.folder.iterdir())

    def stay_out(number: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        a.sit(opened=stay_out)
    assert a.sittings() == []
    assert sorted(path.name for path in a.folder.iterdir()) == before
    assert [result.answer for result in by_turns(a, b)] == [YES, YES]


def test_who_stays_out_of_a_new_sitting_has_not_left_the_old_one(sides: tuple[Side, Side]) -> None:
    a, b = sides
    as_far_as(a, b, 2)

    def stay_out(number: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        a.sit(again=True, opened=stay_out)
    assert [result.number for result in by_turns(a, b)] == [1, 1]
