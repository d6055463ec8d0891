"""What a sitting asks of a way to compute its answers; there are two, and one meaning.

`enumeration.py` lists every package and takes anything a position can say; `frontier/` goes along
the agenda's trellis and lists none. `choice.py` takes one of them, from public facts alone.
"""

from __future__ import annotations

from typing import Protocol, TypeVar

from tracktwo.deal.package import OutcomeSpace, Package
from tracktwo.deal.position import Position
from tracktwo.mpc.party import Inputs
from tracktwo.mpc.program import Program
from tracktwo.probe.question import Question

Private = TypeVar("Private")
"""A side's position as a circuit takes it. SECRET."""


class Circuit(Program, Protocol[Private]):
    """A program that answers a question on an agenda."""

    name: str
    """`enumeration` or `frontier`."""

    question: Question

    @property
    def packages(self) -> OutcomeSpace:
        """The packages of the agenda."""
        ...

    @property
    def widths(self) -> dict[str, int]:
        """The output bits of each answer, in order; "refused" first where breadth is asked."""
        ...

    def take(self, position: Position) -> Private:
        """A position as this circuit takes it. Raises BadInput for one it cannot express."""
        ...

    def sealed(self, private: Private) -> bytes:
        """Bytes that are the same only for a position that enters the same."""
        ...

    def entries(self, private: Private, coin: int) -> Inputs:
        """The bits a side enters; `coin` is a private random one."""
        ...

    def package(self, bits: tuple[int, ...]) -> Package:
        """The package that output bits of `best` name. Raises PeerFault for one there is not."""
        ...
