"""Both sides of a sitting in one process: what the tests of the probe run and look into."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from tracktwo.deal.agenda import Agenda, Issue, Option
from tracktwo.deal.best import Gains
from tracktwo.deal.package import Packages, enumerate_packages
from tracktwo.deal.points import PointTable
from tracktwo.deal.trellis import Scoring
from tracktwo.errors import NotYet, PeerFault
from tracktwo.probe.choice import Circuits, Offer
from tracktwo.probe.circuit import Circuit
from tracktwo.probe.enumeration import Entries, Enumeration
from tracktwo.probe.frontier.circuit import FrontierCircuit
from tracktwo.probe.question import Question
from tracktwo.probe.session import tag_of
from tracktwo.probe.sitting import Result, sit

EVERYTHING = ("exists", "how-much", "where", "best")


def agenda_of(*options: int, points: int = 250) -> Agenda:
    """An agenda with one issue for each number of options given."""
    issues = tuple(
        Issue(f"i{n}", f"Issue {n}", tuple(Option(f"o{m}", f"Option {m}") for m in range(count)))
        for n, count in enumerate(options)
    )
    return Agenda("Test", issues, points=points)


def packages_of(*options: int, points: int = 250) -> Packages:
    """The packages of `agenda_of`."""
    return enumerate_packages(agenda_of(*options, points=points))


def gains_of(values: Sequence[int] | Gains) -> Gains:
    """Gains as the program holds them."""
    return np.asarray(values, np.int32)


@dataclass
class Side:
    """One side: its name, its position as its circuit takes it, and where its files are."""

    name: str
    program: Circuit[Any]
    private: Any
    folder: Path
    home: Path
    shown: list[Result] = field(default_factory=list)

    @property
    def tag(self) -> str:
        return tag_of(self.name)

    def sit(
        self,
        *,
        again: bool = False,
        wait: float | None = 0,
        progress: Callable[[int, int], None] = lambda done, total: None,
        opened: Callable[[int], None] = lambda number: None,
    ) -> Result | None:
        """What the command does: the result shown, or None while the other side owes a message."""
        before = len(self.shown)
        try:
            sit(
                self.program,
                self.private,
                side=self.name,
                folder=self.folder,
                home=self.home,
                show=self.shown.append,
                again=again,
                wait=wait,
                progress=progress,
                opened=opened,
            )
        except NotYet:
            return None
        assert len(self.shown) == before + 1
        return self.shown[-1]

    def message(self, number: int | str, sitting: int = 1) -> Path:
        """Where this side's message lies."""
        return self.folder / f"{sitting:04d}-{self.tag}-{number}.msg"

    def messages(self) -> dict[str, bytes]:
        """All that this side said in the folder, by file name."""
        return {path.name: path.read_bytes() for path in self.folder.glob(f"*-{self.tag}-*.msg")}

    def sittings(self) -> list[tuple[int, str, bytes | None]]:
        """(number, state, seed) of each sitting in this side's vault, read past the program."""
        [path] = (self.home / "probes").glob("*.sqlite")
        database = sqlite3.connect(path)
        try:
            rows = database.execute("SELECT number, state, seed FROM sitting ORDER BY number")
            return list(rows)
        finally:
            database.close()


def two_sides(
    base: Path,
    program: Circuit[Any],
    ours: Sequence[int] | Gains | Scoring,
    theirs: Sequence[int] | Gains | Scoring,
) -> tuple[Side, Side]:
    """Two sides of a new folder under `base`."""
    folder = base / "folder"
    folder.mkdir()
    a, b = private_of(program, ours), private_of(program, theirs)
    return (
        Side("A", program, a, folder, base / "home-a"),
        Side("B", program, b, folder, base / "home-b"),
    )


def both_sit(*sides: Side, again: bool = False) -> list[Result | Exception]:
    """Both at once, each in a thread of its own: how each ended."""
    ends: dict[str, Result | Exception] = {}

    def take_part(side: Side) -> None:
        try:
            result = side.sit(again=again, wait=60)
            assert result is not None, "a minute without news"
            ends[side.name] = result
        except Exception as error:
            ends[side.name] = error

    threads = [threading.Thread(target=take_part, args=(side,)) for side in sides]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return [ends[side.name] for side in sides]


def answers(*sides: Side, again: bool = False) -> list[Result]:
    """Both at once; raises how it went wrong, if it did."""
    ends = both_sit(*sides, again=again)
    for end in ends:
        if isinstance(end, Exception):
            raise end
    return [end for end in ends if isinstance(end, Result)]


def by_turns(*sides: Side, between: Callable[[], object] = lambda: None) -> list[Result]:
    """Each in turn, never at once, until both have the answer; `between` is done between turns."""
    ends: dict[str, Result] = {}
    for _ in range(10):
        for side in sides:
            if side.name not in ends:
                result = side.sit()
                between()
                if result is not None:
                    ends[side.name] = result
        if len(ends) == len(sides):
            return [ends[side.name] for side in sides]
    raise AssertionError("ten turns and no answer")


def fault_of(side: Side, *, again: bool = False) -> PeerFault:
    """The fault that ends this side's sitting; it must show nothing."""
    before = len(side.shown)
    try:
        result = side.sit(again=again)
    except PeerFault as fault:
        assert len(side.shown) == before
        return fault
    raise AssertionError("still waiting" if result is None else "an answer was shown")


def private_of(program: Circuit[Any], values: Sequence[int] | Gains | Scoring) -> Any:  # noqa: ANN401
    """What a side brings to a circuit; given gains, the frontier's agenda has a single issue."""
    if isinstance(values, Scoring):
        return values
    if isinstance(program, FrontierCircuit):
        # With the line at 1, an option's points are its gain.
        allowed = tuple(np.ones(layer.branches, np.bool_) for layer in program.packages.layers)
        return Scoring(PointTable((gains_of(values),), 1), allowed)
    return gains_of(values)


def small_program(circuit: str, *asked: str) -> Circuit[Any]:
    """A circuit of that kind over one issue of three options and few points; "exists" if none."""
    offer = Circuits(agenda_of(3, points=7)).offers(Question(asked or ("exists",)))[circuit]
    assert isinstance(offer, Offer)
    return offer.circuit


def program_of(
    packages: Packages, *asked: str, rule: str = "nash", breadth: int = 0
) -> Enumeration:
    """The circuit of a question; all four if none is named."""
    return Enumeration(Question(asked or EVERYTHING, rule, breadth), packages)


def entries(program: Enumeration, gains: Sequence[int] | Gains, coin: int) -> Entries:
    """A side's private bits."""
    return Entries(program, gains_of(gains), coin)
