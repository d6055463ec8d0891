"""A whole sitting for one side: which one, sealed on what, waited for, and its end kept.

Running the same terms on the same sealed position again is the same sitting: it goes on where it
stood, or shows again how it ended. Nothing but changed terms, a newly sealed position, or being
told `again` takes part in another: a second answer on one position must be a person's choice.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tracktwo import __version__
from tracktwo.encoding import decode, digest, encode
from tracktwo.errors import BadInput, NotYet, PeerFault
from tracktwo.probe.circuit import Circuit, Private
from tracktwo.probe.folder import Folder
from tracktwo.probe.meter import Progress
from tracktwo.probe.question import Answer
from tracktwo.probe.session import Session, tag_of, terms_of
from tracktwo.vault import Record, Vault

_LOOK_AGAIN = 0.02  # seconds between looks into the folder, doubling up to
_LOOK_LAST = 0.25
_OUTCOME_LIMIT = 1 << 24


@dataclass(frozen=True, slots=True)
class Result:
    """How a sitting ended."""

    number: int
    answer: Answer
    seconds: float
    """From the command's start to the answer, waiting included; as first measured if kept."""
    kept: bool
    """Whether this was known from before."""
    later: int | None = None
    """A later sitting that the other side has opened and this side is not in."""


def sit(
    program: Circuit[Private],
    private: Private,
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
    without news from the other side (None: for ever). `opened` is told the sitting's number before
    anything is written, and may raise to stay out of it; `waiting` is called whenever the other
    side owes a message.

    Raises BadInput, PeerFault when the sitting is stopped, NotYet when `wait` is over.
    """
    files = Folder(folder, tag_of(side))
    vault = _open_vault(home / "probes", folder, files, side, again)
    try:
        sealed = program.sealed(private)
        # Another version might say other bytes under the same seed, so it may not go on with this.
        terms = encode([__version__, *terms_of(side, program)])
        latest = vault.latest()
        number = _choose(vault, files, terms, sealed, again)
        if latest is not None and latest.number == number and latest.state != "open":
            show(_kept(latest, files))
            return
        opened(number)
        start = time.monotonic()
        if latest is None or latest.number != number:
            _begin(vault, files, latest, number, terms, sealed)
        files.clear()
        session = Session(
            vault, files, number, side=side, program=program, private=private, progress=progress
        )
        answer = _await(session, wait, waiting)
        seconds = time.monotonic() - start
        vault.end(number, "answered", encode([round(1000 * seconds), answer.as_plain()]))
        show(Result(number, answer, seconds, kept=False))
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


def _open_vault(vaults: Path, folder: Path, files: Folder, side: str, again: bool) -> Vault:
    """The vault of this side in this folder, which is known by the name it carries.

    Raises BadInput if the folder at this place carried another name while a sitting was open: who
    changes the name must not make this side forget what it said.
    """
    place = vaults / f"{digest([str(folder.resolve()), side])[:16].hex()}.place"
    vault = vaults / f"{digest([files.identity, side])[:16].hex()}.sqlite"
    known = place.read_text() if place.exists() else ""  # "" too if killed while writing it
    if known not in ("", vault.name) and (vaults / known).exists():
        _leave(vaults / known, again)
    opened = Vault(vault)
    if known != vault.name:
        place.write_text(vault.name)
    return opened


def _leave(path: Path, again: bool) -> None:
    earlier = Vault(path)
    try:
        latest = earlier.latest()
        if latest is None or latest.state != "open":
            return
        if not again:
            raise BadInput(
                f"This folder changed its name while sitting {latest.number} was open here.",
                advice="Put the folder back as it was, or leave that sitting for good: --again.",
            )
        earlier.end(latest.number, "stopped", encode("This side began a new sitting."))
    finally:
        earlier.close()


def _choose(vault: Vault, files: Folder, terms: bytes, sealed: bytes, again: bool) -> int:
    """The number of the sitting to take part in. Writes nothing."""
    latest = vault.latest()
    if latest is not None and not again:
        same = _is_same(vault, latest, terms, sealed)
        if latest.state == "open":
            _require_same(same, latest, terms)
        # Until our tables are out nobody can have an answer, and beginning anew gives nothing away.
        if latest.state == "open" or (same and vault.may_be_answered(latest.number)):
            return latest.number
    ours = 0 if latest is None else latest.number
    if not again and (taken := files.open_under_our_name(above=ours)) is not None:
        raise BadInput(
            f"Somebody writes under this side's name in sitting {taken} of this folder.",
            advice="Take another --side; or, if that was you and its vault is lost, use --again.",
        )
    return files.opened_by_other(above=ours) or files.unused(above=ours)


def _begin(
    vault: Vault, files: Folder, latest: Record | None, number: int, terms: bytes, sealed: bytes
) -> None:
    """Open a sitting in the vault, leaving one that was open."""
    if latest is not None and latest.state == "open":
        vault.end(latest.number, "stopped", encode("This side began a new sitting."))
        files.post_stop(latest.number)
    vault.begin(number, terms, sealed)


def _is_same(vault: Vault, record: Record, terms: bytes, sealed: bytes) -> bool:
    return record.terms == terms and vault.is_sealed_on(record.number, sealed)


def _require_same(same: bool, record: Record, terms: bytes) -> None:
    if same:
        return
    what = "on another position" if record.terms == terms else "on other terms"
    raise BadInput(
        f"Sitting {record.number} of this side is under way {what}.",
        advice="Finish it with the command that began it, or leave it and begin anew: --again.",
    )


def _kept(record: Record, files: Folder) -> Result:
    """How a sitting ended, from the vault. Raises PeerFault again if it was stopped."""
    outcome = decode(record.outcome or b"", limit=_OUTCOME_LIMIT)
    if record.state == "stopped":
        raise PeerFault(
            f"{outcome} Sitting {record.number} is over, and the other side may know its answer. "
            "To sit again on the same position: --again."
        )
    milliseconds, plain = outcome
    later = files.opened_by_other(above=record.number)
    return Result(
        record.number, Answer.from_plain(plain), milliseconds / 1000, kept=True, later=later
    )
