"""What a computation must say of itself for two parties to run it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from tracktwo.mpc.blocks import Bits
from tracktwo.mpc.gates import Gates, Tally, Wires


class Program(Protocol):
    """A circuit in sections, each a function of one stretch of both sides' input bits.

    Both sides build it from public facts alone. A section's input is the same number of bits from
    each side, shape (rows, lanes) with lanes a multiple of 128. All sections but the last run by
    `run`, in order, and see what the earlier ones returned; the last, by `finish`, joins it all.
    """

    digest: bytes
    """32 bytes that differ whenever the computation differs."""

    shapes: list[tuple[int, int]]
    """(rows, lanes) of each section's input bits, the last section's included."""

    outputs: int
    """How many bits come out."""

    def run(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Any:  # noqa: ANN401
        """Section len(parts): `own` the garbler's bits (None if evaluating), `seen` the other's."""
        ...

    def finish(self, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires) -> Wires:
        """The last section: the output wires, shape (outputs, 1)."""
        ...


def run_section(
    program: Program, gates: Gates, parts: list[Any], own: Bits | None, seen: Wires
) -> Wires | None:
    """Run the next section, keeping what it returns in `parts`; the outputs after the last one."""
    if len(parts) < len(program.shapes) - 1:
        parts.append(program.run(gates, parts, own, seen))
        return None
    return program.finish(gates, parts, own, seen)


@dataclass(frozen=True, slots=True)
class Size:
    """What one direction of a computation costs, from public facts alone."""

    ciphertexts: tuple[int, ...]
    """Blocks of 16 bytes in the garbled table of each section."""
    ands: int
    """Gates of two ciphertexts."""
    halves: int
    """Gates of one ciphertext."""
    transfers: int
    """Input bits carried by oblivious transfer."""


def size_of(program: Program) -> Size:
    """Count a program's gates by running it on wires without content."""
    sizes: list[int] = []
    ands = halves = 0
    parts: list[Any] = []
    for rows, lanes in program.shapes:
        tally = Tally()
        run_section(program, tally, parts, None, tally.zeros(rows, lanes))
        sizes.append(tally.ciphertexts)
        ands, halves = ands + tally.ands, halves + tally.halves
    return Size(tuple(sizes), ands, halves, sum(rows * lanes for rows, lanes in program.shapes))
