"""One side of a sitting: terms, slots, sizes known beforehand, and the answer of brute force."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from answers import by_brute_force, questions
from effort import examples
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
from strategies import agendas, positions
from tracktwo.deal.best import Gains
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import gains
from tracktwo.encoding import encode
from tracktwo.errors import PeerFault
from tracktwo.probe.cost import cost_of
from tracktwo.probe.enumeration import Entries, Enumeration
from tracktwo.probe.folder import Draft, Folder
from tracktwo.probe.question import SUITE, Question
from tracktwo.probe.session import Session, identity_of, tag_of, terms_of
from tracktwo.vault import Vault

TINY = packages_of(3)


def tiny(tmp_path: Path, *asked: str) -> tuple[Side, Side]:
    """Two sides that ask little, with a room of one package."""
    return two_sides(tmp_path, program_of(TINY, *(asked or ("exists",))), [2, 0, 1], [0, 3, 1])


# The garbled run


@settings(max_examples=examples(24))
@given(st.data())
def test_both_sides_get_the_answer_of_the_brute_force(data: st.DataObject) -> None:
    agenda = data.draw(agendas(max_points=250))
    packages = enumerate_packages(agenda)
    question = data.draw(questions(packages.count))
    a, b = (gains(packages, data.draw(positions(agenda))) for _ in range(2))
    with tempfile.TemporaryDirectory() as base, pytest.MonkeyPatch.context() as patch:
        coins = recorded_coins(patch)
        sides = two_sides(Path(base), Enumeration(question, packages), a, b)
        found = [result.answer for result in answers(*sides)]
    expected = by_brute_force(question, agenda, a.tolist(), b.tolist(), coins[0] ^ coins[1])
    assert found == [expected, expected]


@pytest.mark.parametrize("rule", ["nash", "egalitarian"])
def test_ties_over_two_sections_go_by_the_joint_coin(
    rule: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    packages = packages_of(100, 83)
    coins = recorded_coins(monkeypatch)
    program = program_of(packages, rule=rule, breadth=8300)
    one, other = answers(*two_sides(tmp_path, program, [4] * 8300, [3] * 8300))
    assert one.answer == other.answer
    assert one.answer.best == packages.package(8299 if coins[0] ^ coins[1] else 0)
    assert one.answer.how_much == (8192, 16384)


def recorded_coins(patch: pytest.MonkeyPatch) -> list[int]:
    """Where the coin of each session is written from now on."""
    coins: list[int] = []

    def made(program: Enumeration, private: Gains, coin: int) -> Entries:
        coins.append(coin)
        return Entries(program, private, coin)

    patch.setattr(Enumeration, "entries", made)
    return coins


def test_a_coin_is_a_private_bit_of_the_seed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    coins = recorded_coins(monkeypatch)
    folder = Folder(tmp_path, tag_of("A"))
    vault = Vault(tmp_path / "vault.sqlite")
    program, values = program_of(TINY, "exists"), gains_of([1, 1, 1])
    for number in range(1, 41):
        vault.begin(number, b"", b"")
        for _ in range(2):
            session(vault, folder, number, program, values)
    vault.close()
    assert coins[::2] == coins[1::2]
    assert set(coins) == {0, 1}


def session(
    vault: Vault, folder: Folder, number: int, program: Enumeration, values: Gains
) -> Session:
    """Side A of a sitting that the vault has open."""
    return Session(
        vault,
        folder,
        number,
        side="A",
        program=program,
        private=values,
        progress=lambda done, total: None,
    )


# Messages and slots


@pytest.mark.parametrize(
    ("asked", "rule", "breadth"),
    [(("exists",), "nash", 0), (("how-much", "best"), "egalitarian", 2)],
)
def test_messages_have_the_sizes_known_beforehand(
    tmp_path: Path, asked: tuple[str, ...], rule: str, breadth: int
) -> None:
    program = program_of(TINY, *asked, rule=rule, breadth=breadth)
    a, b = two_sides(tmp_path, program, [2, 0, 1], [0, 3, 1])
    answers(a, b)
    cost = cost_of(program)
    for side in (a, b):
        said = side.messages()
        assert sorted(said) == [f"0001-{side.tag}-{n}.msg" for n in range(6)]
        terms = said.pop(f"0001-{side.tag}-0.msg")
        assert terms == encode(terms_of(side.name, program))
        assert sum(map(len, said.values())) == cost.bytes_sent == cost.bytes_received
    sizes = [{len(side.message(n).read_bytes()) for side in (a, b)} for n in range(6)]
    assert all(len(size) == 1 for size in sizes)


def test_every_message_has_its_digest_in_both_vaults(tmp_path: Path) -> None:
    a, b = tiny(tmp_path)
    answers(a, b)
    for side, other in ((a, b), (b, a)):
        [path] = (side.home / "probes").glob("*.sqlite")
        vault = Vault(path)
        for author, of in (("own", side), ("theirs", other)):
            for number in range(6):
                digest = hashlib.sha256(of.message(number).read_bytes()).digest()
                assert vault.slot(1, author, number) == digest
        vault.close()


@pytest.mark.parametrize("asked", [("exists",), ("exists", "where")], ids="+".join)
def test_no_byte_is_in_the_folder_before_the_slots_of_all_it_depends_on_are_filled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, asked: tuple[str, ...]
) -> None:
    order: list[tuple[object, ...]] = []
    plain_fill, plain_write = Vault.fill_slot, Draft.write
    plain_publish = Draft.publish

    def fill(vault: Vault, number: int, author: str, round_number: int, digest: bytes) -> None:
        plain_fill(vault, number, author, round_number, digest)
        order.append((vault._path, author, round_number))

    def note(what: str, draft: Draft) -> None:
        _, tag, message = draft._name.stem.split("-")
        order.append((what, tag, message))

    def write(draft: Draft, data: bytes) -> None:
        note("written", draft)
        plain_write(draft, data)

    def publish(draft: Draft) -> None:
        note("published", draft)
        plain_publish(draft)

    monkeypatch.setattr(Vault, "fill_slot", fill)
    monkeypatch.setattr(Draft, "write", write)
    monkeypatch.setattr(Draft, "publish", publish)
    a, b = two_sides(tmp_path, program_of(packages_of(30, 20), *asked), [1] * 600, [1] * 600)
    assert by_turns(a, b)
    for side in (a, b):
        [vault] = (side.home / "probes").glob("*.sqlite")
        for message in range(6):
            published = order.index(("published", side.tag, str(message)))
            assert order.index((vault, "own", message)) < published
            first = order.index(("written", side.tag, str(message)))
            for heard in range(message if message > 1 else 0):  # an opening answers nothing
                assert order.index((vault, "theirs", heard)) < first


def test_two_sittings_on_one_position_have_no_message_in_common(tmp_path: Path) -> None:
    a, b = tiny(tmp_path)
    answers(a, b)
    answers(a, b, again=True)
    for side in (a, b):
        for number in range(1, 6):
            first, second = (side.message(number, sitting).read_bytes() for sitting in (1, 2))
            assert len(first) == len(second)
            assert first != second


def test_our_message_carried_away_is_published_again_the_same(tmp_path: Path) -> None:
    a, b = tiny(tmp_path)
    a.sit()
    b.sit()
    a.sit()
    before = a.messages()
    assert len(before) > 2
    for name in before:
        (a.folder / name).unlink()
    a.sit()
    assert a.messages() == before


def test_a_message_replaced_by_a_copy_of_itself_is_no_fault(tmp_path: Path) -> None:
    a, b = tiny(tmp_path)

    def replace_all() -> None:
        for path in list(a.folder.glob("*.msg")):
            copy = path.with_suffix(".copy")
            copy.write_bytes(path.read_bytes())
            copy.replace(path)

    one, other = by_turns(a, b, between=replace_all)
    assert one.answer == other.answer


def test_a_message_under_our_name_that_we_never_said_is_a_fault(tmp_path: Path) -> None:
    a, b = tiny(tmp_path)
    a.sit()
    b.sit()
    b.message(5).write_bytes(b"x" * 64)
    while not b.message("stop").exists():
        with contextlib.suppress(PeerFault):
            a.sit()
        with contextlib.suppress(PeerFault):
            b.sit()
    assert "Somebody else wrote under this side's name" in str(fault_of(b))


def test_nothing_shows_what_a_session_holds(tmp_path: Path) -> None:
    vault = Vault(tmp_path / "vault.sqlite")
    vault.begin(1, b"", b"")
    folder = Folder(tmp_path, tag_of("A"))
    one = session(vault, folder, 1, program_of(TINY), gains_of([7, 8, 9]))
    assert repr(one) == str(one) == "Session(<secret>)"
    vault.close()


# Terms


def differing(tmp_path: Path, theirs: Enumeration) -> tuple[Side, Side]:
    a, b = two_sides(tmp_path, program_of(TINY, "exists", "best", breadth=1), [2, 0, 1], [0, 3, 1])
    b.program = theirs
    return a, b


DIFFERENT_TERMS = [
    (Question(("exists", "best"), "nash", 1), packages_of(3, points=249), "agenda"),
    (Question(("exists",), "nash", 1), TINY, "questions"),
    (Question(("exists", "best"), "egalitarian", 1), TINY, "rule"),
    (Question(("exists", "best"), "nash", 2), TINY, "breadth"),
    (Question(("where",), "egalitarian", 0), TINY, "questions and rule and breadth"),
]


@pytest.mark.parametrize(
    ("question", "packages", "what"),
    DIFFERENT_TERMS,
    ids=["agenda", "questions", "rule", "breadth", "three"],
)
def test_terms_that_differ_stop_both_sides_and_each_is_told_in_what(
    tmp_path: Path, question: Question, packages: object, what: str
) -> None:
    a, b = differing(tmp_path, Enumeration(question, packages))  # type: ignore[arg-type]
    for end in both_sit(a, b):
        assert isinstance(end, PeerFault)
        assert str(end) == (f"The two sides differ in: {what}. Agree on it, then both start anew.")
    assert a.shown == b.shown == []
    assert [seed for side in (a, b) for _, _, seed in side.sittings()] == [None, None]


def test_another_program_version_stops_both_sides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = tiny(tmp_path)
    a.sit()
    b.message(0).write_bytes(
        encode(["tracktwo-probe/1", "B", b.program.digest, ["exists"], "nash", 0])
    )
    assert "differ in: program version." in str(fault_of(a))


OTHERWISE = [b"", "enumeration", [], "nash", 0, "packages"]


@pytest.mark.parametrize(
    "terms",
    [
        pytest.param(b"x", id="no encoding"),
        pytest.param(b"\xff" * 4096, id="no encoding, as long as may be"),
        pytest.param(encode("text"), id="no list"),
        pytest.param(encode([]), id="an empty list"),
        pytest.param(encode([SUITE] * 9), id="a longer list"),
        pytest.param(encode([SUITE, 5, *OTHERWISE]), id="a number for a name"),
        pytest.param(encode([SUITE, "C", *OTHERWISE]), id="another side's name"),
        pytest.param(encode([SUITE, "B", *OTHERWISE[:-1]]), id="a shorter list"),
        pytest.param(b"\x81" * 4096, id="far too deep"),
    ],
)
def test_terms_that_cannot_be_read_are_a_fault(tmp_path: Path, terms: bytes) -> None:
    a, b = tiny(tmp_path)
    a.sit()
    b.message(0).write_bytes(terms)
    assert "The other side's terms" in str(fault_of(a))


def test_terms_over_their_limit_are_a_fault_unread(tmp_path: Path) -> None:
    a, b = tiny(tmp_path)
    a.sit()
    b.message(0).write_bytes(b"\xff" * 4097)
    assert "message 0 is too long" in str(fault_of(a))


def test_a_name_of_any_length_and_script_is_a_side(tmp_path: Path) -> None:
    a, b = tiny(tmp_path)
    a.name, b.name = "Делегация " * 40, "代表团"
    assert [result.answer.exists for result in answers(a, b)] == [True, True]


def test_the_tag_of_a_side_is_the_front_of_its_identity() -> None:
    assert len(identity_of("A")) == 32
    assert tag_of("A") == identity_of("A").hex()[:16]
    assert identity_of("A") == hashlib.sha256(encode(["side", "A"])).digest()


# Strangers


def test_a_third_side_that_speaks_before_the_other_is_known_stops_the_sitting(
    tmp_path: Path,
) -> None:
    a, b = tiny(tmp_path)
    a.sit()
    for tag in (b.tag, "c" * 16):
        (a.folder / f"0001-{tag}-0.msg").write_bytes(a.message(0).read_bytes())
    assert "More than two sides" in str(fault_of(a))


def test_a_third_side_that_comes_later_is_nobody(tmp_path: Path) -> None:
    program = program_of(TINY, "exists")
    a, b = two_sides(tmp_path, program, [2, 0, 1], [0, 3, 1])
    files, vault = Folder(a.folder, a.tag), Vault(tmp_path / "vault.sqlite")
    vault.begin(1, b"", b"")
    one = session(vault, files, 1, program, a.private)
    assert one.advance() is None
    b.sit()
    assert one.advance() is None  # from now on A knows who the other side is
    for message in ("0", "1", "2", "stop"):
        (a.folder / f"0001-{'c' * 16}-{message}.msg").write_bytes(b"stranger")
    assert one.advance() is None
    vault.close()


def test_a_stranger_in_the_folder_of_a_finished_sitting_changes_nothing(tmp_path: Path) -> None:
    a, b = tiny(tmp_path)
    first = by_turns(a, b)
    (a.folder / f"0001-{'c' * 16}-0.msg").write_bytes(b"stranger")
    assert [side.sit().answer for side in (a, b)] == [end.answer for end in first]  # type: ignore[union-attr]
