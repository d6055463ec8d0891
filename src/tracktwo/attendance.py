"""Taking part in a sitting as a person at a keyboard, or a program, does.

What the answer may tell comes before anything is sent, on standard error, and at a terminal must be
agreed to. Standard output carries the answer alone, once.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path

import click

from tracktwo.deal.position import Position
from tracktwo.errors import BadInput
from tracktwo.machine import home, peak_memory
from tracktwo.probe.choice import Circuits, Offer
from tracktwo.probe.cost import pace
from tracktwo.probe.folder import Folder
from tracktwo.probe.session import tag_of
from tracktwo.probe.sitting import Result, sit
from tracktwo.show import terminal, words
from tracktwo.show.progress import Display, display

REFUSED = 3
"""What the command returns when breadth was not reached."""

_APART = 0.1  # seconds between two updates of what is shown


def attend(
    circuits: Circuits,
    offer: Offer,
    position: Position,
    *,
    side: str,
    folder: Path,
    again: bool,
    wait: float | None,
    line: float,
    agreed: bool,
    as_json: bool,
) -> int:
    """Take part until there is an answer and print it; what the command returns.

    `offer` is the circuit that is run, one of `circuits`; `line` what the line carries, in Mbit/s;
    `agreed`: nobody needs to be asked. Raises BadInput, PeerFault and NotYet, as `sit` does.
    """
    private = offer.circuit.take(position)
    with display(quiet=as_json) as shown:
        attendance = _Attendance(
            circuits, offer, side, folder, line, shown, agreed=agreed, as_json=as_json
        )
        sit(
            offer.circuit,
            private,
            side=side,
            folder=folder,
            home=home(),
            show=attendance.show,
            again=again,
            wait=wait,
            progress=attendance.progress,
            waiting=attendance.waiting,
            opened=attendance.opened,
        )
    return attendance.returns


class _Attendance:
    """What is said to this side's person between the opening and the answer."""

    def __init__(
        self,
        circuits: Circuits,
        offer: Offer,
        side: str,
        folder: Path,
        line: float,
        shown: Display,
        *,
        agreed: bool,
        as_json: bool,
    ) -> None:
        self._circuits, self._offer = circuits, offer
        self._program, self._cost = offer.circuit, offer.cost
        self._side, self._folder, self._line = side, folder, line
        self._shown, self._agreed, self._as_json = shown, agreed, as_json
        self._done, self._total = 0, self._cost.bytes_sent + self._cost.bytes_received
        self._last = 0.0
        self.returns = 0

    def opened(self, number: int) -> None:
        """Say what the sitting may tell. Raises BadInput if the person does not agree."""
        tag = tag_of(self._side)
        if Folder(self._folder, tag).has(number, tag, 0):
            click.echo(f"Going on with sitting {number}.", err=True)
            return
        out = terminal.console(sys.stderr)
        program = self._program
        terminal.show_terms(
            out,
            program.question,
            program.packages,
            number,
            cost=self._cost,
            takes=words.taking(self._circuits, self._offer, pace(), self._line),
        )
        if not self._agreed and sys.stdin.isatty() and sys.stderr.isatty():
            _ask()

    def progress(self, done: int, total: int) -> None:
        """Bytes have passed."""
        now = time.monotonic()
        self._done, self._total = done, total
        if now - self._last >= _APART:
            self._last = now
            self._shown.show("probe", "computing", done, total)

    def waiting(self) -> None:
        """The other side owes a message."""
        self._shown.show("probe", "waiting for the other side", self._done, self._total)

    def show(self, result: Result) -> None:
        """Print the answer. It has left this process when this returns."""
        self._shown.close()
        if result.kept:
            what = f"Sitting {result.number} ended before; this is its answer."
            click.echo(f"{what} --again begins a new one.", err=True)
            if result.later is not None:
                what = f"The other side has opened sitting {result.later}."
                why = "Taking part gives it another answer on the same position"
                click.echo(f"{what} {why}: --again.", err=True)
        if self._as_json:
            click.echo(json.dumps(self._json(result), ensure_ascii=False, indent=2))
        else:
            self._print(result)
        sys.stdout.flush()
        self.returns = REFUSED if result.answer.refused else 0

    def _print(self, result: Result) -> None:
        out = terminal.console(sys.stdout)
        program = self._program
        terminal.show_answer(out, program.question, program.packages, result.answer)
        out.print()
        memory = None if result.kept else peak_memory()
        terminal.lines(out, [words.spent(self._cost, result.seconds, memory)], indent=0)

    def _json(self, result: Result) -> dict[str, object]:
        question, answer, cost = self._program.question, result.answer, self._cost
        return {
            "asked": list(question.asked),
            "refused": "breadth" if answer.refused else None,
            "answers": answer.as_json(question),
            "circuit": cost.circuit,
            "cost": {
                "packages": cost.packages,
                "and_gates": cost.and_gates,
                "bytes_sent": cost.bytes_sent,
                "bytes_received": cost.bytes_received,
                "seconds": round(result.seconds, 3),
                "peak_memory_bytes": peak_memory(),
            },
            "sitting": result.number,
            "kept": result.kept,
        }


def _ask() -> None:
    click.echo("\nTake part in this sitting? [y/N] ", nl=False, err=True)
    if sys.stdin.readline().strip().lower() not in ("y", "yes"):
        raise BadInput("You did not agree, so nothing was sent.")
