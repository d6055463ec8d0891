"""A whole sitting for one side: which one, sealed on what, waited for, and its end kept.

Running the same terms on the same sealed position again is the same sitting: it goes on where it
stood, or shows again how it ended. A new one is opened by changed terms, a changed position, by
the other side having opened one, or when told to.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracktwo.encoding import decode, digest, encode
from tracktwo.errors import BadInput, NotYet, PeerFault
from tracktwo.mpc.party import message_bytes
from tracktwo.mpc.program import size_of
from tracktwo.probe.enumeration import Enumeration
from tracktwo.probe.folder import Folder
from tracktwo.probe.keys import Gains
from tracktwo.probe.meter import Progress
from tracktwo.probe.question import Answer
from tracktwo.probe.session import Session, tag_of, terms_of
from tracktwo.vault import Record, Vault

_LOOK_AGAIN = 0.02  # seconds between looks into the folder, doubling up to
_LOOK_LAST = 0.25
_JOIN_GRACE = 3.0  # seconds in which a finished sitting may turn out to have a successor
_OUTCOME_LIMIT = 1 << 24


@dataclass(frozen=True, slots=True)
class Cost:
    """What a sitting takes, from public facts: the same for both sides."""

    packages: int
    and_gates: int
    """Gates of one run; each side garbles one run and evaluates the other."""
    bytes_sent: int
    bytes_received: int


@dataclass(frozen=True, slots=True)
class Result:
    """How a sitting ended."""

    number: int
    answer: Answer
    seconds: float
    """From the command's start to the answer, waiting included; as first measured if kept."""
    kept: bool
    """Whether this was known from before."""


def cost_of(program: Enumeration) -> Cost:
    """The cost of a sitting of this circuit."""
    size = size_of(program)
    traffic = sum(message_bytes(program, size))
    return Cost(program.packages.count, size.ands + size.halves, traffic, traffic)


def sit(
    program: Enumeration,
    gains: Gains,
    *,
    side: str,
    folder: Path,
    home: Path,
    show: Callable[[Result], None],
    again: bool = False,
    wait: float | None = None,
    progress: Progress = lambda done, total: None,
    waiting: Callable[[], None] = lambda: None,
    opened: Callable[[int], None] = lambda number: None,
) -> None:
    """Take part in a sitting until it has an answer, and `show` it.

    `home` holds the vaults. `again` opens a new sitting whatever stands. `wait` bounds the seconds
    without news from the other side (None: for ever). `opened` is told the sitting's number;
    `waiting` is called whenever the other side owes a message.

    Raises BadInput, PeerFault when the sitting is stopped, NotYet when `wait` is over.
    """
    start = time.monotonic()
    files = Folder(folder, tag_of(side))
    name = digest([files.identity, side])[:16].hex()
    vault = Vault(home / "probes" / f"{name}.sqlite")
    try:
        sealed, terms = gains.tobytes(), encode(terms_of(side, program))
        number = _choose(vault, files, terms, sealed, again)
        record = vault.latest()
        if record is None or record.number != number:
            vault.begin(number, terms, sealed)
        elif record.state != "open":
            show(_kept(record))
            vault.mark_shown(number)
            return
        opened(number)
        files.clear()
        session = Session(
            vault, files, number, side=side, program=program, gains=gains, progress=progress
        )
        answer = _await(session, wait, waiting)
        seconds = time.monotonic() - start
        vault.end(number, "answered", encode([round(1000 * seconds), answer.as_plain()]))
        show(Result(number, answer, seconds, kept=False))
        vault.mark_shown(number)
    finally:
        vault.close()


def _await(session: Session, wait: float | None, waiting: Callable[[], None]) -> Answer:
    """The answer, looking for the other side's messages in ever longer steps."""
    pause, idle_since = _LOOK_AGAIN, time.monotonic()
    while (answer := session.advance()) is None:
        if session.moved:
            pause, idle_since = _LOOK_AGAIN, time.monotonic()
        if wait is not None and time.monotonic() - idle_since >= wait:
            raise NotYet("The other side owes a message. Run the same command again to go on.")
        waiting()
        time.sleep(pause)
        pause = min(2 * pause, _LOOK_LAST)
    return answer


def _choose(vault: Vault, files: Folder, terms: bytes, sealed: bytes, again: bool) -> int:
    """The number of the sitting to take part in."""
    latest = vault.latest()
    if latest is not None and latest.state == "open":
        if not again:
            _require_same(vault, latest, terms, sealed)
            return latest.number
        vault.end(latest.number, "stopped", encode("This side opened a new sitting."))
        files.post_stop(latest.number)
    ours = 0 if latest is None else latest.number
    if latest is not None and not again and _is_same(vault, latest, terms, sealed):
        deadline = time.monotonic() + (_JOIN_GRACE if latest.shown else 0)
        while (joined := files.opened_by_other(above=ours)) is None:
            if time.monotonic() >= deadline:
                return latest.number
            time.sleep(_LOOK_LAST)
        return joined
    return files.opened_by_other(above=ours) or max([ours, *files.sittings()]) + 1


def _is_same(vault: Vault, record: Record, terms: bytes, sealed: bytes) -> bool:
    return record.terms == terms and vault.is_sealed_on(record.number, sealed)


def _require_same(vault: Vault, record: Record, terms: bytes, sealed: bytes) -> None:
    if _is_same(vault, record, terms, sealed):
        return
    what = "on another position" if record.terms == terms else "on other terms"
    raise BadInput(
        f"Sitting {record.number} of this side is under way {what}.",
        advice="Finish it with the command that began it, or leave it and begin anew: --again.",
    )


def _kept(record: Record) -> Result:
    """How a sitting ended, from the vault. Raises PeerFault again if it was stopped."""
    outcome = decode(record.outcome or b"", limit=_OUTCOME_LIMIT)
    if record.state == "stopped":
        raise PeerFault(f"{outcome} Sitting {record.number} is over; --again begins a new one.")
    milliseconds, plain = outcome
    answer = Answer.from_plain(plain)
    return Result(record.number, answer, milliseconds / 1000, kept=True)
