"""The vault: durable before anyone relies on it, held by one, its seeds gone when all is over."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pytest

from dying import server
from dying_side import SCRIPT, SLOTS, digest_of
from tracktwo.errors import BadInput, PeerFault
from tracktwo.vault import Vault

ONE, TWO = b"\x01" * 32, b"\x02" * 32

HOLD = """
import sys
from pathlib import Path
from tracktwo.vault import Vault
vault = Vault(Path(sys.argv[1]))
print("held", flush=True)
sys.stdin.read()
"""

FILL = """
import sys
from pathlib import Path
from tracktwo.vault import Vault
vault = Vault(Path(sys.argv[1]))
latest = vault.latest()
number = 1 if latest is None else latest.number + 1
while True:
    vault.begin(number, b"terms", b"position")
    print(number, -1, flush=True)
    for slot in range(6):
        vault.fill_slot(number, "own", slot, bytes([number % 256, slot]) * 16)
        print(number, slot, flush=True)
    vault.end(number, "answered", b"outcome")
    print(number, 6, flush=True)
    number += 1
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "home" / "probes" / "vault.sqlite"


def raw(path: Path) -> bytes:
    """All bytes of the vault on the disk, its journal's included."""
    return b"".join(part.read_bytes() for part in path.parent.iterdir())


def test_what_was_begun_and_filled_is_there_when_the_vault_is_opened_again(path: Path) -> None:
    vault = Vault(path)
    assert vault.latest() is None
    vault.begin(1, b"terms", b"position")
    vault.fill_slot(1, "own", 0, ONE)
    seed = vault.seed(1)
    vault.close()
    again = Vault(path)
    record = again.latest()
    assert record is not None
    assert (record.number, record.terms, record.state) == (1, b"terms", "open")
    assert record.outcome is None
    assert again.seed(1) == seed
    assert again.slot(1, "own", 0) == ONE
    assert again.slot(1, "theirs", 0) is None
    again.close()


def test_a_slot_is_on_the_disk_when_filling_it_returns(path: Path) -> None:
    vault = Vault(path)
    vault.begin(1, b"terms", b"position")
    vault.fill_slot(1, "own", 0, ONE)
    copy = path.parent / "copy.sqlite"
    copy.write_bytes(path.read_bytes())
    database = sqlite3.connect(copy)
    assert database.execute("SELECT digest FROM slot").fetchall() == [(ONE,)]
    database.close()
    vault.close()


def test_writes_wait_for_the_disk_and_leave_nothing_behind(path: Path) -> None:
    vault = Vault(path)
    pragmas = ("synchronous", "secure_delete", "locking_mode", "journal_mode")
    values = [vault._db.execute(f"PRAGMA {name}").fetchone()[0] for name in pragmas]
    assert values == [2, 1, "exclusive", "truncate"]
    vault.close()


def test_a_second_different_message_in_a_slot_is_refused_and_the_first_stays(path: Path) -> None:
    vault = Vault(path)
    vault.begin(1, b"terms", b"position")
    for author in ("own", "theirs"):
        vault.fill_slot(1, author, 3, ONE)
        vault.fill_slot(1, author, 3, ONE)
        with pytest.raises(PeerFault, match="second, different message"):
            vault.fill_slot(1, author, 3, TWO)
        assert vault.slot(1, author, 3) == ONE
    vault.close()


def test_slots_of_other_rounds_authors_and_sittings_are_others(path: Path) -> None:
    vault = Vault(path)
    vault.begin(1, b"terms", b"position")
    vault.begin(2, b"terms", b"position")
    places = [(n, author, r) for n in (1, 2) for author in ("own", "theirs") for r in range(6)]
    for index, place in enumerate(places):
        vault.fill_slot(*place, bytes([index]) * 32)
    assert [vault.slot(*place) for place in places] == [bytes([n]) * 32 for n in range(24)]
    vault.close()


def test_every_sitting_has_a_seed_and_a_seal_of_its_own(path: Path) -> None:
    vault = Vault(path)
    for number in (1, 2):
        vault.begin(number, b"terms", b"position")
    assert len(vault.seed(1)) == 32
    assert vault.seed(1) != vault.seed(2)
    seals = vault._db.execute("SELECT sealed FROM sitting").fetchall()
    assert len(set(seals)) == 2
    vault.close()


def test_a_number_is_used_once(path: Path) -> None:
    vault = Vault(path)
    vault.begin(1, b"terms", b"position")
    with pytest.raises(sqlite3.IntegrityError):
        vault.begin(1, b"terms", b"position")
    vault.close()


def test_a_sitting_knows_the_position_it_was_sealed_on_and_does_not_hold_it(path: Path) -> None:
    vault = Vault(path)
    vault.begin(1, b"terms", b"the most secret position")
    assert vault.is_sealed_on(1, b"the most secret position")
    assert not vault.is_sealed_on(1, b"the most secret positioN")
    assert b"secret position" not in raw(path)
    vault.close()


@pytest.mark.parametrize("state", ["answered", "stopped"])
def test_the_seed_is_nowhere_in_the_files_when_a_sitting_ends(path: Path, state: str) -> None:
    vault = Vault(path)
    vault.begin(1, b"terms", b"position")
    seed = vault.seed(1)
    for author, round_number in SLOTS:
        vault.fill_slot(1, author, round_number, digest_of(author, round_number))
    assert seed in raw(path), "the search would not find it"
    vault.end(1, state, b"outcome")
    # A kill here must leave no seed behind, so it is searched for before anything is closed.
    assert seed not in raw(path)
    assert vault.seed(1) is None
    vault.close()
    assert seed not in raw(path)


def test_the_end_is_kept(path: Path) -> None:
    vault = Vault(path)
    vault.begin(1, b"terms", b"position")
    vault.end(1, "answered", b"outcome")
    vault.close()
    again = Vault(path)
    record = again.latest()
    assert record is not None
    assert (record.state, record.outcome) == ("answered", b"outcome")
    assert again.is_sealed_on(1, b"position")
    again.close()


def test_the_latest_sitting_is_the_one_of_the_highest_number(path: Path) -> None:
    vault = Vault(path)
    for number in (2, 11, 9):
        vault.begin(number, b"terms", b"position")
    record = vault.latest()
    assert record is not None
    assert record.number == 11
    vault.close()


def test_only_the_owner_may_read_it(path: Path) -> None:
    before = os.umask(0)
    try:
        vault = Vault(path)
        vault.begin(1, b"terms", b"position")
        assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
        for part in path.parent.iterdir():
            assert stat.S_IMODE(part.stat().st_mode) == 0o600, part.name
        vault.close()
    finally:
        os.umask(before)


def test_the_scratch_file_is_private_and_has_no_name(path: Path) -> None:
    vault = Vault(path)
    with vault.scratch() as scratch:
        scratch.write(b"spooled")
        assert stat.S_IMODE(os.fstat(scratch.fileno()).st_mode) == 0o600
        assert os.fstat(scratch.fileno()).st_nlink == 0
        assert os.fstat(scratch.fileno()).st_dev == path.parent.stat().st_dev
        assert {part.name for part in path.parent.iterdir()} <= {path.name, path.name + "-journal"}
    vault.close()


def test_a_second_process_is_kept_out_until_the_first_ends(path: Path) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert holder.stdout is not None
    assert holder.stdin is not None
    assert holder.stdout.readline() == "held\n"
    with pytest.raises(BadInput, match="Another process runs this side"):
        Vault(path)
    holder.send_signal(signal.SIGKILL)
    holder.wait()
    holder.stdin.close()
    holder.stdout.close()
    Vault(path).close()


def test_a_second_vault_in_one_process_is_kept_out_too(path: Path) -> None:
    vault = Vault(path)
    with pytest.raises(BadInput, match="Another process runs this side"):
        Vault(path)
    vault.close()
    Vault(path).close()


def test_a_vault_of_a_newer_program_is_left_alone(path: Path) -> None:
    Vault(path).close()
    database = sqlite3.connect(path)
    database.execute("PRAGMA user_version=2")
    database.close()
    before = path.read_bytes()
    with pytest.raises(BadInput, match="version 2, this program reads 1"):
        Vault(path)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "content", [b"no database\n" * 1000, b"SQLite format 3\0" + b"\xff" * 8000]
)
def test_a_damaged_vault_is_bad_input_and_is_not_touched(path: Path, content: bytes) -> None:
    path.parent.mkdir(parents=True)
    path.write_bytes(content)
    with pytest.raises(BadInput, match="The vault cannot be opened") as caught:
        Vault(path)
    assert caught.value.where == str(path)
    assert path.read_bytes() == content


def test_a_vault_that_cannot_be_made_is_bad_input(tmp_path: Path) -> None:
    (tmp_path / "home").write_text("a file")
    with pytest.raises(BadInput, match="The vault cannot be opened"):
        Vault(tmp_path / "home" / "probes" / "vault.sqlite")
    (tmp_path / "vault.sqlite").mkdir()
    with pytest.raises(BadInput, match="The vault cannot be opened"):
        Vault(tmp_path / "vault.sqlite")


def test_nothing_shows_what_a_vault_holds(path: Path) -> None:
    vault = Vault(path)
    vault.begin(1, b"terms", b"position")
    assert repr(vault) == str(vault) == "Vault(<secret>)"
    assert vault.seed(1).hex() not in repr(vault.latest())
    vault.close()


@pytest.mark.parametrize("lines", [1, 2, 5, 8, 9, 30])
def test_what_a_process_said_it_kept_survives_its_kill_at_any_time(path: Path, lines: int) -> None:
    filler = subprocess.Popen(
        [sys.executable, "-c", FILL, str(path)], stdout=subprocess.PIPE, text=True
    )
    assert filler.stdout is not None
    said = [tuple(map(int, filler.stdout.readline().split())) for _ in range(lines)]
    filler.kill()
    said += [tuple(map(int, line.split())) for line in filler.stdout if line.endswith("\n")]
    filler.stdout.close()
    filler.wait()
    vault = Vault(path)
    last, _ = said[-1]
    record = vault.latest()
    assert record is not None
    assert record.number in (last, last + 1)
    for number, slot in said:
        if slot in range(6):
            assert vault.slot(number, "own", slot) == bytes([number % 256, slot]) * 16
        if slot == 6:
            assert vault.seed(number) is None
    vault.close()


def test_a_kill_between_any_two_statements_leaves_a_vault_that_goes_on(tmp_path: Path) -> None:
    with server(SCRIPT) as process:
        writes = process.do(work="keep", path=tmp_path / "whole" / "vault.sqlite")["writes"]
        assert writes > 20
        for place in range(1, writes + 1):
            path = tmp_path / str(place) / "vault.sqlite"
            assert process.do(work="keep", path=path, die_at=place)["died"]
            assert process.do(work="keep", path=path)["result"] == "kept"
            vault = Vault(path)
            record = vault.latest()
            assert record is not None
            assert record.state == "answered"
            held = [vault.slot(1, *slot) for slot in SLOTS]
            assert held == [digest_of(*slot) for slot in SLOTS]
            vault.close()
