"""Nothing but the answer: what is said, kept, printed or raised tells nothing of a position.

That the messages' bytes tell nothing is the protocol's argument (docs/spec/probe.md); tests can
show that their number, order and sizes do not depend on it, and that no figure of one side lies
about in anything the other side or an onlooker ends up with, in any common form.
"""

from __future__ import annotations

import json
import shutil
import tempfile
import traceback
from collections.abc import Iterable
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from frontiers import ASKED
from sides import Side, agenda_of, by_turns, gains_of, packages_of, program_of, two_sides
from strategies import positions
from tracktwo.deal.package import enumerate_packages
from tracktwo.deal.points import gains, point_table, utilities
from tracktwo.deal.position import Position, RedLine
from tracktwo.deal.trellis import Trellis
from tracktwo.errors import BadInput, PeerFault
from tracktwo.probe.circuit import Circuit
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.folder import Folder
from tracktwo.probe.frontier.circuit import FrontierCircuit
from tracktwo.probe.question import Question
from tracktwo.probe.session import Session
from tracktwo.vault import Vault

AGENDA = replace(agenda_of(3, 2, 2), linked=(("i0", "i2"),))
PACKAGES = enumerate_packages(AGENDA)


# Number, order and sizes


def conversation(program: Circuit[Any], ours: object, theirs: object) -> list[tuple[str, int]]:
    """What an onlooker sees of two sides that act in turns: each file's name and size, in order."""
    with tempfile.TemporaryDirectory() as base:
        sides = two_sides(Path(base), program, ours, theirs)  # type: ignore[arg-type]
        sessions, vaults, seen = [], [], {}
        for side in sides:
            vault = Vault(side.home / "vault.sqlite")
            vault.begin(1, b"terms", b"position")
            vaults.append(vault)
            sessions.append(session_of(side, vault))
        waiting = list(sessions)
        while waiting:
            one = waiting.pop(0)
            if one.advance() is None:
                waiting.append(one)
            for path in sorted(sides[0].folder.glob("*.msg")):
                seen.setdefault(path.name, path.stat().st_size)
        for vault in vaults:
            vault.close()
        return list(seen.items())


def session_of(side: Side, vault: Vault) -> Session:
    folder = Folder(side.folder, side.tag)
    return Session(
        vault,
        folder,
        1,
        side=side.name,
        program=side.program,
        private=side.private,
        progress=lambda done, total: None,
    )


PROGRAMS: dict[str, Circuit[Any]] = {
    "enumeration": program_of(PACKAGES, rule="nash", breadth=3),
    "frontier": FrontierCircuit(Question(ASKED, "nash", 3, "points"), Trellis(AGENDA)),
}
NOTHING = Position(
    Decimal(100),
    {issue.id: Decimal(1) for issue in AGENDA.issues},
    {issue.id: {option.id: Decimal(0) for option in issue.options} for issue in AGENDA.issues},
)
EVERYTHING = replace(NOTHING, accept_from=Decimal(0))


@pytest.fixture(scope="module", params=PROGRAMS)
def program(request: pytest.FixtureRequest) -> Circuit[Any]:
    """Either circuit."""
    return PROGRAMS[request.param]


@pytest.fixture(scope="module")
def usual(program: Circuit[Any]) -> list[tuple[str, int]]:
    """What an onlooker sees of two sides that accept nothing at all."""
    nothing = program.take(NOTHING)
    seen = conversation(program, nothing, nothing)
    assert len(seen) == 12
    return seen


@settings(max_examples=examples(8, few=3))
@given(st.data())
def test_number_order_and_sizes_of_messages_do_not_depend_on_positions(
    program: Circuit[Any], usual: list[tuple[str, int]], data: st.DataObject
) -> None:
    ours, theirs = (program.take(data.draw(positions(AGENDA, max_red_lines=5))) for _ in range(2))
    assert conversation(program, ours, theirs) == usual


def test_nor_on_accepting_everything_or_being_refused_for_breadth(
    program: Circuit[Any], usual: list[tuple[str, int]]
) -> None:
    nothing, everything = program.take(NOTHING), program.take(EVERYTHING)
    assert conversation(program, everything, everything) == usual
    assert conversation(program, everything, nothing) == usual


@pytest.mark.parametrize("name", PROGRAMS)
def test_nor_on_having_red_lines_or_none(name: str) -> None:
    program = PROGRAMS[name]
    lines = (
        RedLine(frozenset({("i0", "o1")})),
        RedLine(frozenset({("i0", "o0")}), frozenset({("i2", "o1")})),
    )
    without, having = (program.take(replace(EVERYTHING, red_lines=of)) for of in ((), lines))
    assert conversation(program, having, without) == conversation(program, without, without)


# No figure lies about


@dataclass
class Case:
    """Two sides with figures that would be known again, and what each figure looks like."""

    sides: tuple[Side, Side]
    positions: tuple[Position, Position]
    program: Enumeration

    def forms(self, which: int) -> list[bytes]:
        """What gives one side away, in every common form."""
        return list(forms_of(self.positions[which], self.sides[which].private, self.program))


def telling(first: str, seed: int) -> Position:
    """A position of unusual figures, with two red lines and a note."""
    draw = np.random.default_rng(seed)

    def figure(low: int) -> Decimal:
        return Decimal(int(draw.integers(low * 10**6, 97 * 10**6))).scaleb(-6)

    scores = {
        issue.id: {option.id: figure(3) for option in issue.options} for issue in BROAD.issues
    }
    return Position(
        accept_from=Decimal(first),
        weights={issue.id: figure(20) for issue in BROAD.issues},
        scores=scores,
        red_lines=(
            RedLine(frozenset({("i0", "o3"), ("i1", "o4")}), frozenset({("i2", "o2")})),
            RedLine(frozenset({("i2", "o4")}), note=f"nobody may know of {first}"),
        ),
        notes=f"we would go as low as {first}",
    )


BROAD = replace(agenda_of(6, 6, 6, points=1000), linked=(("i0", "i1", "i2"),))
# With fewer points, for its messages grow with them and every form is looked for in every byte.
NARROWER = replace(BROAD, points=24)


@pytest.fixture(params=["enumeration", "frontier"])
def case(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Case:
    both = telling("41.730291", 1), telling("44.186357", 2)
    program: Circuit[Any] = program_of(enumerate_packages(BROAD), breadth=2)
    if request.param == "frontier":
        question = Question(("exists", "best"), "nash", 2, "points")
        program = FrontierCircuit(question, Trellis(NARROWER))
    sides = two_sides(tmp_path, program, *(program.take(position) for position in both))
    keep_spools(monkeypatch, tmp_path)
    return Case(sides, both, program)


def keep_spools(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Let spools have names and stay, in the home they belong to."""

    def scratch(vault: Vault) -> object:
        spools = vault._path.parent.parent / "spools"
        spools.mkdir(exist_ok=True)
        return (spools / str(len(list(spools.iterdir())))).open("w+b")

    monkeypatch.setattr(Vault, "scratch", scratch)


def forms_of(position: Position, private: Any, program: Circuit[Any]) -> Iterable[bytes]:  # noqa: ANN401
    """Its figures as text, and its vectors as text, as arrays, and as bits."""
    figures = [position.accept_from, *position.weights.values()]
    figures += [score for of in position.scores.values() for score in of.values()]
    for figure in figures:
        yield str(figure).encode()
        yield str(figure).replace(".", "").encode()
    yield position.notes.encode()
    for line in position.red_lines:
        yield from (f"{issue}={option}".encode() for issue, option in line.never | line.unless)
    packages = enumerate_packages(program.packages.agenda)
    table = point_table(packages.agenda, position)
    gained, worth = gains(packages, position), utilities(packages, table)
    losses = np.concatenate([of.max() - of for of in table.points])
    vectors = [gained, worth, losses, np.concatenate(table.points), *table.points]
    bits = [gained > 0, *program.entries(private, 0).bits(0 if program.name == "frontier" else 1)]
    if isinstance(program, Enumeration):
        vectors.append(program.valuation.entries(gained).astype(np.int32))
    for vector in vectors:
        yield from arrays(vector)
    for of in bits:
        yield from packed(of)


def arrays(vector: np.ndarray) -> Iterable[bytes]:
    """Stretches of a vector in every width and order, as text and as JSON."""
    kinds = ["<i2", ">i2", "<i4", ">i4", "<i8", ">i8", "<f4", ">f4", "<f8", ">f8"]
    for start in range(0, len(vector) - 5, 6):
        stretch = vector[start : start + 6]
        if len(set(stretch.tolist())) > 3:
            yield from (stretch.astype(kind).tobytes() for kind in kinds)
            yield from (sign.join(map(str, stretch)).encode() for sign in (", ", ",", " ", "\n"))


def packed(bits: np.ndarray) -> Iterable[bytes]:
    """Bits as bytes, packed in either order, and as figures."""
    flat = np.asarray(bits, np.uint8)
    for start in range(0, len(flat) - 95, 96):
        stretch = flat[start : start + 96]
        if 20 < stretch.sum() < 76:
            yield stretch.tobytes()
            yield "".join(map(str, stretch)).encode()
            yield np.packbits(stretch).tobytes()
            yield np.packbits(stretch, bitorder="little").tobytes()


def files_under(*places: Path) -> bytes:
    """All bytes of all files, and their names."""
    paths = [path for place in places for path in sorted(place.rglob("*")) if path.is_file()]
    assert paths
    return b"\0\0".join(bytes(path) + b"\0" + path.read_bytes() for path in paths)


def found(forms: Iterable[bytes], place: bytes) -> list[bytes]:
    return [form for form in forms if form in place]


def test_the_search_finds_every_figure_where_it_is_planted(case: Case) -> None:
    position, side = case.positions[0], case.sides[0]
    forms = case.forms(0)
    assert len(forms) > 500
    assert min(map(len, forms)) >= 5
    packages = enumerate_packages(case.program.packages.agenda)
    gained, table = gains(packages, position), point_table(packages.agenda, position)
    for planted in (
        gained.tobytes(),
        gained.astype(">u2").tobytes(),
        json.dumps(gained.tolist()).encode(),
        np.packbits(gained > 0, bitorder="little").tobytes(),
        case.program.sealed(side.private),
        np.concatenate(table.points).astype("<i8").tobytes(),
        str(dict(position.weights)).encode(),
        position.red_lines[0].note.encode() + b"i0=o3",
        position.notes.encode(),
    ):
        assert found(forms, b"before" + planted + b"after")


def test_transcript_vault_and_spools_hold_no_figure_of_the_other_side(case: Case) -> None:
    results = by_turns(*case.sides)
    assert [result.answer.exists for result in results] == [True, True]
    folder = case.sides[0].folder
    for which, side in enumerate(case.sides):
        assert len(list((side.home / "spools").iterdir())) > 8
        assert found(case.forms(1 - which), files_under(side.home, folder)) == []
        own = [form for form in case.forms(which) if b"=" not in form]
        shutil.rmtree(side.home / "spools")
        assert found(own, files_under(side.home, folder)) == [], "not even its own"


@pytest.mark.parametrize("message", [1, 2, 3, 4, 5])
def test_a_side_that_stops_anywhere_leaves_no_figure_either(case: Case, message: int) -> None:
    a, b = case.sides
    while not b.message(message).exists():
        a.sit()
        b.sit()
    b.message(message).write_bytes(b.message(message).read_bytes() + b"\0")
    with pytest.raises(PeerFault):
        a.sit()
    for which, side in enumerate(case.sides):
        assert found(case.forms(1 - which), files_under(side.home, side.folder)) == []


# Nothing is printed, raised or shown


def test_nothing_is_printed_and_no_error_speaks_of_a_position(
    case: Case, capfd: pytest.CaptureFixture[str]
) -> None:
    a, b = case.sides
    texts = []
    a.sit()
    other = replace(case.positions[0], accept_from=Decimal("81.730292"))
    small = program_of(packages_of(2), "exists")
    for program, private in ((small, gains_of([1, 2])), (a.program, a.program.take(other))):
        changed = Side(a.name, program, private, a.folder, a.home)
        with pytest.raises(BadInput) as refusal:
            changed.sit()
        texts.append(all_of(refusal.value))
    b.sit()
    b.message(1).write_bytes(b"\0" * 16448)
    with pytest.raises(PeerFault) as fault:
        a.sit()
    texts.append(all_of(fault.value))
    printed = capfd.readouterr()
    assert (printed.out, printed.err) == ("", "")
    for which in (0, 1):
        assert found(case.forms(which), "\n".join(texts).encode()) == []


def all_of(error: BaseException) -> str:
    """An error as a program that forgets to catch it would show it."""
    return "\n".join([repr(error), repr(error.args), repr(vars(error))]) + "".join(
        line for line in traceback.format_exception(error) if 'File "' not in line
    )


def test_what_holds_secrets_does_not_show_them(case: Case, tmp_path: Path) -> None:
    a, _ = case.sides
    vault = Vault(tmp_path / "vault.sqlite")
    vault.begin(1, b"terms", a.program.sealed(a.private))
    session = session_of(a, vault)
    entries = a.program.entries(a.private, 1)
    holders = [session, vault, entries, case.positions[0], vars(session), vars(vault)]
    holders += [vault.latest(), *case.positions[0].red_lines, point_table(BROAD, case.positions[0])]
    shown = "\n".join(text for holder in holders for text in (repr(holder), str(holder)))
    assert found(case.forms(0), shown.encode()) == []
    assert vault.seed(1).hex() not in shown
    assert repr(vault.seed(1)) not in shown
    vault.close()
