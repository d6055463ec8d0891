"""Killed at any write, any number of times: the same answer, and no slot said two ways.

Two ways to get there. The sweep: one side is killed by SIGKILL at each thing it would leave on the
disk, alone with what the other side said in an earlier, whole run; what it drew at random is drawn
again, so the other side's words fit only if it says again exactly what it said then. And a machine
of steps: both sides live, in any order, with crashes, copies and losses between them.
"""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from dying import Server, server
from dying_side import SCRIPT
from effort import examples, some
from sides import Side, small_program, two_sides
from tracktwo.probe.choice import CIRCUITS
from tracktwo.probe.folder import Folder
from tracktwo.probe.question import Answer
from tracktwo.probe.session import Session, tag_of
from tracktwo.vault import Vault

ASKED = ("exists",)
GAINS = {"A": [2, 0, 1], "B": [0, 3, 1]}
YES = [False, True, None, None, None]
OTHER = {"A": "B", "B": "A"}


class Scene:
    """A folder, and a home for each side, with processes that take part in the sitting."""

    def __init__(self, base: Path, circuit: str) -> None:
        self.base, self.folder, self.circuit = base, base / "folder", circuit
        self.folder.mkdir(parents=True)

    def job(self, side: str, **more: object) -> dict[str, object]:
        return {
            "work": "sit",
            "side": side,
            "gains": GAINS[side],
            "circuit": self.circuit,
            "asked": ASKED,
            "folder": self.folder,
            "home": self.base / f"home-{side}",
            "note": self.base / "published",
            **more,
        }

    def messages(self, side: str) -> dict[str, bytes]:
        """What a side published, by name."""
        found = self.folder.glob(f"*-{tag_of(side)}-*.msg")
        return {path.name: path.read_bytes() for path in found}

    def begun(self, side: str) -> bool:
        """Whether the side's vault holds a sitting; looked at in a copy, to disturb nothing."""
        with tempfile.TemporaryDirectory() as copy:
            vaults = Path(copy) / "probes"
            if not (self.base / f"home-{side}" / "probes").is_dir():
                return False
            shutil.copytree(self.base / f"home-{side}" / "probes", vaults)
            return any(has_sitting(path) for path in vaults.glob("*.sqlite"))

    def require_one_content_each(self) -> None:
        """No name was ever published with two contents, by any process."""
        contents: dict[str, set[str]] = {}
        for line in (self.base / "published").read_text().splitlines():
            name, content = line.split()
            contents.setdefault(name, set()).add(content)
        assert all(len(of) == 1 for of in contents.values())
        for path in self.folder.glob("*.msg"):
            assert contents.get(path.name, {digest_of(path)}) == {digest_of(path)}


def digest_of(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def has_sitting(path: Path) -> bool:
    database = sqlite3.connect(path)
    try:
        return database.execute("SELECT count(*) FROM sitting").fetchone()[0] > 0
    except sqlite3.OperationalError:
        return False  # killed before there were tables
    finally:
        database.close()


@pytest.fixture(scope="module")
def process() -> Iterator[Server]:
    with server(SCRIPT) as running:
        yield running


@pytest.fixture(scope="module", params=CIRCUITS)
def circuit(request: pytest.FixtureRequest) -> str:
    """Every test of a crash is one of either circuit."""
    return str(request.param)


@pytest.fixture(scope="module")
def whole(process: Server, tmp_path_factory: pytest.TempPathFactory, circuit: str) -> Scene:
    """A sitting that nobody disturbed, both sides drawing what they draw in the sweep."""
    scene = Scene(tmp_path_factory.mktemp("whole") / "scene", circuit)
    done: set[str] = set()
    for side in "ABABABAB":
        if side not in done:
            result = process.do(**scene.job(side, stream=f"known to {side}"))["result"]
            if result is not None:
                assert result == YES
                done.add(side)
    assert done == {"A", "B"}
    return scene


def alone(whole: Scene, base: Path, side: str) -> Scene:
    """A side before it did anything, with all that the other will say."""
    scene = Scene(base, whole.circuit)
    for name in ("tracktwo-folder", *whole.messages(OTHER[side])):
        shutil.copy(whole.folder / name, scene.folder / name)
    return scene


def go_on(process: Server, scene: Scene, side: str, **more: object) -> dict[str, Any]:
    """A side's command again. Random numbers are as before only if nothing was begun with them."""
    stream = "new" if scene.begun(side) else f"known to {side}"
    return process.do(**scene.job(side, stream=stream, **more))


# The sweep


@pytest.mark.parametrize("side", ["A", "B"])
def test_a_side_alone_with_the_others_words_says_what_it_said_in_the_whole_run(
    process: Server, whole: Scene, tmp_path: Path, side: str
) -> None:
    scene = alone(whole, tmp_path / "scene", side)
    assert go_on(process, scene, side)["result"] == YES
    assert scene.messages(side) == whole.messages(side)


@pytest.mark.parametrize(
    ("side", "first", "step"), [*some([("A", first, 4) for first in range(1, 5)], 2), ("B", 1, 5)]
)
def test_killed_at_any_write_the_same_command_says_the_same_and_gets_the_answer(
    process: Server, whole: Scene, tmp_path: Path, side: str, first: int, step: int
) -> None:
    writes = go_on(process, alone(whole, tmp_path / "scene", side), side)["writes"]
    assert writes > 80
    for place in some(range(first, writes + 1, step), 6):
        scene = alone(whole, tmp_path / str(place), side)
        assert go_on(process, scene, side, die_at=place)["died"]
        assert whole.messages(side).items() >= scene.messages(side).items()
        assert go_on(process, scene, side)["result"] == YES, place
        assert scene.messages(side) == whole.messages(side)
        scene.require_one_content_each()
        assert not list(scene.folder.glob(".*.part"))
        shutil.rmtree(scene.base)


def test_killed_again_and_again_a_little_later_each_time_it_gets_there_all_the_same(
    process: Server, whole: Scene, tmp_path: Path
) -> None:
    scene = alone(whole, tmp_path / "scene", "A")
    place, deaths = 3, 0
    while (done := go_on(process, scene, "A", die_at=place))["died"]:
        place, deaths = place + 9, deaths + 1
    assert done["result"] == YES
    assert deaths > 5
    assert scene.messages("A") == whole.messages("A")
    scene.require_one_content_each()


def test_killed_while_making_a_folder_its_own_it_can_be_made_again(
    process: Server, tmp_path: Path, circuit: str
) -> None:
    scene = Scene(tmp_path / "fresh", circuit)
    writes = process.do(**scene.job("A"))["writes"]
    for place in some(range(1, writes + 1), 4):
        scene = Scene(tmp_path / str(place), circuit)
        assert process.do(**scene.job("A", die_at=place))["died"]
        assert process.do(**scene.job("A"))["result"] is None, place
        assert len(scene.messages("A")) >= 1
        scene.require_one_content_each()


def test_both_sides_killed_many_times_while_the_other_runs_get_the_same_answer(
    tmp_path: Path, circuit: str
) -> None:
    scene = Scene(tmp_path / "scene", circuit)
    (scene.folder / "tracktwo-folder").write_text("0" * 32 + "\n")
    results: dict[str, list[object]] = {"A": [], "B": []}

    def live(side: str, step: int) -> None:
        with server(SCRIPT) as process:
            for place in [*range(step, 120, step), 0]:
                job = scene.job(side, note=scene.base / f"published-{side}", wait=60)
                done = process.do(**job, die_at=place)
                results[side].append("died" if done["died"] else done["result"])

    threads = [threading.Thread(target=live, args=of) for of in (("A", 31), ("B", 27))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    for ends in results.values():
        assert ends.count("died") > 1
        assert ends[-1] == YES
        assert all(end in ("died", YES) for end in ends)
    notes = [(scene.base / f"published-{side}").read_text() for side in "AB"]
    (scene.base / "published").write_text("".join(notes))
    scene.require_one_content_each()


# The machine of steps


class Killed(BaseException):
    """Stands for the end of the process: nothing in the program handles it."""


class Actor:
    """One side as a process that can die: what it knows is in its vault and in the folder."""

    def __init__(self, side: Side) -> None:
        self.side, self.answer = side, None
        self._vault: Vault | None = None
        self._session: Session | None = None
        self._left = -1

    def advance(self, die_after: int = -1) -> None:
        """Do what can be done, or die when so many things are done to the disk."""
        if self.answer is not None:
            return
        self._left = die_after
        try:
            session = self._session or self._start()
            self.answer = session.advance()
        except Killed:
            self.die()
        if self.answer is not None:
            self.die()

    def die(self) -> None:
        if self._vault is not None:
            self._vault.close()
        self._vault = self._session = None

    def _start(self) -> Session:
        vault = self._vault = Vault(self.side.home / "vault.sqlite")
        self._watch(vault)
        if vault.latest() is None:
            vault.begin(1, b"terms", b"position")
        folder = Folder(self.side.folder, self.side.tag)
        folder.clear()
        self._session = Session(
            vault,
            folder,
            1,
            side=self.side.name,
            program=self.side.program,
            private=self.side.private,
            progress=lambda done, total: self._tick(),
        )
        return self._session

    def _watch(self, vault: Vault) -> None:
        plain = vault.fill_slot

        def fill_slot(number: int, author: str, round_number: int, digest: bytes) -> None:
            self._tick()
            plain(number, author, round_number, digest)
            self._tick()

        vault.fill_slot = fill_slot  # type: ignore[method-assign]

    def _tick(self) -> None:
        if self._left == 0:
            raise Killed
        self._left -= 1


class TwoSides(RuleBasedStateMachine):
    """Steps of both sides in any order, with crashes, copies, losses and strays between them."""

    circuit = "enumeration"

    def __init__(self) -> None:
        super().__init__()
        self._base = tempfile.TemporaryDirectory()
        base = Path(self._base.name)
        self.lost = base / "lost"
        self.lost.mkdir()
        program = small_program(self.circuit, *ASKED)
        self.sides = two_sides(base, program, GAINS["A"], GAINS["B"])
        self.actors = [Actor(side) for side in self.sides]
        self.folder = self.sides[0].folder
        self.seen: dict[str, str] = {}

    @rule(which=st.sampled_from([0, 1]))
    def advance(self, which: int) -> None:
        self.actors[which].advance()

    @rule(which=st.sampled_from([0, 1]), after=st.integers(0, 12))
    def crash_while_advancing(self, which: int, after: int) -> None:
        self.actors[which].advance(die_after=after)

    @rule(which=st.sampled_from([0, 1]))
    def crash(self, which: int) -> None:
        self.actors[which].die()

    @rule(data=st.data())
    def lose_a_message(self, data: st.DataObject) -> None:
        if messages := sorted(self.folder.glob("*.msg")):
            lost = data.draw(st.sampled_from(messages))
            lost.rename(self.lost / lost.name)

    @rule()
    def find_what_was_lost(self) -> None:
        for path in self.lost.iterdir():
            path.rename(self.folder / path.name)

    @rule()
    def carry_everything_once_more(self) -> None:
        for path in list(self.folder.glob("*.msg")):
            copy = shutil.copy(path, self.lost.parent / "carried")
            Path(copy).replace(path)

    @rule(data=st.data())
    def leave_a_stray_file(self, data: st.DataObject) -> None:
        tag = data.draw(st.sampled_from([side.tag for side in self.sides]))
        names = [f"0001-{tag}-2.msg.tmp", f".0001-{tag}-2.0123456789abcdef.part", "notes.txt"]
        (self.folder / data.draw(st.sampled_from(names))).write_bytes(b"stray")

    @invariant()
    def no_slot_holds_another_message_than_before(self) -> None:
        for path in self.folder.glob("*.msg"):
            assert self.seen.setdefault(path.name, digest_of(path)) == digest_of(path)

    def teardown(self) -> None:
        self.find_what_was_lost()
        for _ in range(8):
            for actor in self.actors:
                actor.advance()
                self.no_slot_holds_another_message_than_before()
        assert [actor.answer for actor in self.actors] == [Answer(False, exists=True)] * 2
        self._base.cleanup()


class TwoSidesOfTheFrontier(TwoSides):
    """The same, of the other circuit."""

    circuit = "frontier"


for machine in (TwoSides, TwoSidesOfTheFrontier):
    machine.TestCase.settings = settings(
        max_examples=examples(10, few=3),
        stateful_step_count=16,
        suppress_health_check=[HealthCheck.too_slow],
    )
test_both_sides_always_get_there_whatever_happens_between_their_steps = TwoSides.TestCase
test_and_so_they_do_along_the_frontier = TwoSidesOfTheFrontier.TestCase
