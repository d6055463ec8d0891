"""Taking part in a sitting by a channel: how far it is, and the answer."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from tracktwo.commands.desk import line_to_relays, print_json
from tracktwo.errors import NotYet, Unreachable
from tracktwo.legible import legible
from tracktwo.machine import home, peak_memory

if TYPE_CHECKING:
    from tracktwo.channel.replica import Replica
    from tracktwo.probe.choice import Offer
    from tracktwo.probe.proposal import Proposal
    from tracktwo.probe.question import Answer
    from tracktwo.show.progress import Display

_APART = 0.1  # seconds between two updates of what is shown
_REFUSED = 3  # exit code: breadth was not reached


class _Interrupted(NotYet):
    exit_code = 130


def go_on(
    replica: Replica,
    name: str,
    proposal: Proposal,
    offer: Offer,
    proxy: str | None,
    wait: int | None,
    as_json: bool,
) -> int:
    """Take part until there is an answer, and print it. Raises NotYet when `wait` is over."""
    from tracktwo.probe.correspondence import converse, outcome
    from tracktwo.show.progress import display

    start, ended_before = time.monotonic(), outcome(replica, proposal) is not None
    command = f"tracktwo probe go {legible(name)} --probe {proposal.name}"
    try:
        with _post_of(replica, proxy) as post, display(quiet=as_json) as shown:
            told = _Told(shown, offer)
            answer = converse(
                replica,
                home(),
                proposal,
                post,
                progress=told.computing,
                carrying=told.carrying,
                waiting=told.waiting,
                wait=wait,
            )
    except KeyboardInterrupt:
        raise _Interrupted(f"Nothing is lost; go on later: {command}") from None
    except Unreachable as error:
        raise NotYet(f"{error} Go on later: {command}") from None
    if answer is None and post is None:
        raise NotYet(f"Take what is ready: tracktwo courier out. With what comes back: {command}")
    if answer is None:
        raise NotYet(f"The other side owes a word. Nothing is lost; go on later: {command}")
    seconds = None if ended_before else time.monotonic() - start
    _print_answer(proposal, offer, answer, seconds, as_json)
    return _REFUSED if answer.refused else 0


@contextmanager
def _post_of(replica: Replica, proxy: str | None) -> Iterator[Any]:
    if not replica.relay:
        yield None
        return
    with line_to_relays(proxy) as post:
        yield post


class _Told:
    """Says how far a sitting is."""

    def __init__(self, shown: Display, offer: Offer) -> None:
        self._shown = shown
        self._done, self._total = 0, offer.cost.bytes_sent + offer.cost.bytes_received
        self._last = 0.0

    def computing(self, done: int, total: int) -> None:
        """Bytes were computed or read."""
        self._done, self._total = done, total
        if time.monotonic() - self._last >= _APART:
            self._last = time.monotonic()
            self._shown.show("probe", "computing", done, total)

    def carrying(self, done: int, total: int) -> None:
        """Bytes have passed the line."""
        self._shown.show("line", "on the line", done, total)

    def waiting(self) -> None:
        """The other side owes a message."""
        self._shown.show("probe", "waiting for the other side", self._done, self._total)


def _print_answer(
    proposal: Proposal,
    offer: Offer,
    answer: Answer,
    seconds: float | None,
    as_json: bool,
) -> None:
    from tracktwo.show import terminal, words

    question = proposal.question
    if as_json:
        print_json(
            {
                "probe": proposal.name,
                "asked": list(question.asked),
                "refused": "breadth" if answer.refused else None,
                "answers": answer.as_json(question),
                "circuit": offer.circuit.name,
                "cost": {
                    "and_gates": offer.cost.and_gates,
                    "bytes_sent": offer.cost.bytes_sent,
                    "seconds": None if seconds is None else round(seconds, 3),
                    "peak_memory_bytes": peak_memory(),
                },
            }
        )
        return
    out = terminal.console(sys.stdout)
    terminal.show_answer(out, question, offer.circuit.packages, answer)
    if seconds is not None:
        out.print()
        terminal.lines(out, [words.spent(offer.cost, seconds, peak_memory())], indent=0)
