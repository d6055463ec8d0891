"""Every deviation in every message ends the sitting: nothing is shown, and the seed is gone.

One side, A, sits with what the other said in an earlier, whole run; one message of it deviates.
What a cheat can do inside the computation itself is played in tests/mpc.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from effort import some
from sides import Side, by_turns, fault_of, small_program, two_sides
from tracktwo.errors import PeerFault
from tracktwo.probe.choice import CIRCUITS
from tracktwo.probe.folder import Folder
from tracktwo.probe.session import Session
from tracktwo.vault import Vault

MESSAGES = range(6)
LONG_AGO = (1, 1)


@dataclass
class Record:
    """Two whole runs of one pair of sides, and A's home and folder when A had said its terms."""

    base: Path
    a: Side
    ours: list[bytes]
    theirs: list[bytes]
    replay: list[bytes]
    seed: bytes


@pytest.fixture(scope="module", params=CIRCUITS)
def record(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Every test here is one of either circuit."""
    base = tmp_path_factory.mktemp("whole")
    a, b = two_sides(base, small_program(request.param), [2, 0, 1], [0, 3, 1])
    assert a.sit() is None
    for source, target in ((a.home, "home"), (a.folder, "start")):
        shutil.copytree(source, base / target)
    seed = a.sittings()[0][2]
    assert seed is not None
    by_turns(a, b)
    for side in (a, b):
        side.sit(again=True)
    by_turns(a, b)
    ours, theirs, replay = (
        [side.message(number, sitting).read_bytes() for number in MESSAGES]
        for side, sitting in ((a, 1), (b, 1), (b, 2))
    )
    return Record(base, a, ours, theirs, replay, seed)


@pytest.fixture
def victim(record: Record, tmp_path: Path) -> Side:
    """A where it had said its terms, in a folder and a home of its own."""
    # A home knows its folder by its place too, so the place is taken over with it.
    shutil.rmtree(record.a.folder)
    shutil.copytree(record.base / "start", record.a.folder)
    home = shutil.copytree(record.base / "home", tmp_path / "home")
    return replace(record.a, home=home, shown=[])


def theirs(victim: Side, number: int) -> Path:
    """Where the other side's message belongs."""
    return replace(victim, name="B").message(number)


def put(victim: Side, record: Record, *numbers: int) -> None:
    """Put messages of the whole run where the other side's belong."""
    for number in numbers:
        theirs(victim, number).write_bytes(record.theirs[number])


def require_over(victim: Side, record: Record) -> None:
    """The sitting is stopped, its seed in no file, and the other side is told."""
    assert victim.shown == []
    assert victim.sittings() == [(1, "stopped", None)]
    files = b"".join(path.read_bytes() for path in victim.home.rglob("*") if path.is_file())
    assert record.seed not in files
    assert victim.message("stop").exists()


def test_the_words_of_the_whole_run_lead_to_its_answer(victim: Side, record: Record) -> None:
    put(victim, record, *MESSAGES)
    result = victim.sit()
    assert result is not None
    assert (result.number, result.answer.exists) == (1, True)
    assert [victim.message(n).read_bytes() for n in MESSAGES] == record.ours


# One message deviates


def flipped(data: bytes, bit: int) -> bytes:
    changed = bytearray(data)
    changed[bit // 8] ^= 1 << bit % 8
    return bytes(changed)


def old(path: Path) -> None:
    os.utime(path, LONG_AGO)


def write(make: Callable[[Record, int], bytes]) -> Callable[[Path, Record, int], None]:
    def deviate(path: Path, record: Record, number: int) -> None:
        path.write_bytes(make(record, number))
        old(path)

    return deviate


def endless(path: Path, record: Record, number: int) -> None:
    with path.open("wb") as file:
        file.write(record.theirs[number])
        file.truncate(1 << 40)


def linked(path: Path, record: Record, number: int) -> None:
    whole = path.parent / "elsewhere"
    whole.write_bytes(record.theirs[number])
    path.symlink_to(whole)


def pipe(path: Path, record: Record, number: int) -> None:
    os.mkfifo(path)


DEVIATIONS: dict[str, Callable[[Path, Record, int], None]] = {
    "the first bit flipped": write(lambda r, n: flipped(r.theirs[n], 0)),
    "a bit in the middle flipped": write(lambda r, n: flipped(r.theirs[n], 4 * len(r.theirs[n]))),
    "the last bit flipped": write(lambda r, n: flipped(r.theirs[n], 8 * len(r.theirs[n]) - 1)),
    "all zeros": write(lambda r, n: bytes(len(r.theirs[n]))),
    "cut by a byte": write(lambda r, n: r.theirs[n][:-1]),
    "empty": write(lambda r, n: b""),
    "a byte more": write(lambda r, n: r.theirs[n] + b"\0"),
    "without end": endless,
    "our own message back": write(lambda r, n: r.ours[n]),
    "the same message of another sitting": write(lambda r, n: r.replay[n]),
    "the message before": write(lambda r, n: r.theirs[n - 1]),
    "a link to the right one": linked,
    "a pipe": pipe,
}
NO_DEVIATION = {("the same message of another sitting", 0)}  # terms are the same in all sittings


@pytest.mark.parametrize(
    ("deviation", "number"), some([*itertools.product(DEVIATIONS, MESSAGES)], 4)
)
def test_a_message_that_deviates_ends_the_sitting_with_nothing_shown(
    victim: Side, record: Record, number: int, deviation: str
) -> None:
    if (deviation, number) in NO_DEVIATION:
        assert record.replay[number] == record.theirs[number]
        return
    put(victim, record, *(n for n in MESSAGES if n != number))
    DEVIATIONS[deviation](theirs(victim, number), record, number)
    fault = fault_of(victim)
    assert fault.exit_code == 4
    require_over(victim, record)
    said = [n for n in MESSAGES if victim.message(n).exists()]
    assert said == list(range(len(said)))
    for n in said[: number + 1]:
        assert victim.message(n).read_bytes() == record.ours[n]


def test_an_opening_under_another_name_than_the_terms_is_not_answered(
    victim: Side, record: Record
) -> None:
    put(victim, record, *MESSAGES)
    theirs(victim, 1).write_bytes(b"\0" * 32 + record.theirs[1][32:])
    assert str(fault_of(victim)) == "The other side's opening is under another side's name."
    assert not victim.message(2).exists()


@pytest.mark.parametrize("number", MESSAGES)
def test_a_later_command_repeats_the_refusal_once_our_tables_are_out(
    victim: Side, record: Record, number: int
) -> None:
    put(victim, record, *(n for n in MESSAGES if n != number))
    theirs(victim, number).write_bytes(record.theirs[number] + b"\0")
    fault = fault_of(victim)
    tables_out = victim.message(3).exists()
    assert tables_out == (number > 2)
    put(victim, record, number)  # mending the message does not bring the sitting back
    if tables_out:
        for _ in range(2):
            assert str(fault_of(victim)).startswith(str(fault))
            require_over(victim, record)
        return
    victim.sit()
    assert victim.shown == []
    (first, second) = victim.sittings()
    assert first == (1, "stopped", None)
    assert second[2] not in (None, record.seed)


# A second message in one slot


@pytest.mark.parametrize("number", range(5))
def test_a_message_replaced_between_two_runs_ends_the_sitting(
    victim: Side, record: Record, number: int
) -> None:
    put(victim, record, *range(number + 1))
    assert victim.sit() is None
    put(victim, record, *MESSAGES)
    theirs(victim, number).write_bytes(flipped(record.theirs[number], 8))
    fault_of(victim)
    require_over(victim, record)


@pytest.mark.parametrize("number", range(1, 5))
def test_a_message_replaced_by_that_of_another_sitting_between_two_runs_ends_the_sitting(
    victim: Side, record: Record, number: int
) -> None:
    put(victim, record, *range(number + 1))
    assert victim.sit() is None
    for later in range(number, 6):
        theirs(victim, later).write_bytes(record.replay[later])
    assert "A second, different message" in str(fault_of(victim))
    require_over(victim, record)


@pytest.mark.parametrize(
    "number",
    [
        *range(5),
    ],
)
def test_a_message_replaced_after_it_was_read_ends_the_sitting_of_one_run_too(
    victim: Side, record: Record, number: int
) -> None:
    [path] = (victim.home / "probes").glob("*.sqlite")
    vault = Vault(path)
    session = Session(
        vault,
        Folder(victim.folder, victim.tag),
        1,
        side=victim.name,
        program=victim.program,
        private=victim.private,
        progress=lambda done, total: None,
    )
    put(victim, record, *range(number + 1))
    assert session.advance() is None
    put(victim, record, *range(number + 1, 6))
    theirs(victim, number).write_bytes(flipped(record.theirs[number], 8))
    try:
        with pytest.raises(PeerFault, match="A second, different message"):
            session.advance()
    finally:
        vault.close()
    require_over(victim, record)


def test_tables_replaced_while_the_commitment_is_made_are_not_answered(
    victim: Side, record: Record, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The slot of the tables is filled with what was read, before the commitment is out."""
    put(victim, record, 0, 1, 2, 3)
    plain = Vault.fill_slot

    class Killed(BaseException):
        pass

    def killed_at_the_commitment(
        vault: Vault, number: int, author: str, round_number: int, digest: bytes
    ) -> None:
        plain(vault, number, author, round_number, digest)
        if (author, round_number) == ("own", 4):
            raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(Vault, "fill_slot", killed_at_the_commitment)
        with pytest.raises(Killed):
            victim.sit()
    assert not victim.message(4).exists()
    theirs(victim, 3).write_bytes(flipped(record.theirs[3], 8))
    assert "A second, different message" in str(fault_of(victim))
    assert not victim.message(4).exists()
    require_over(victim, record)
