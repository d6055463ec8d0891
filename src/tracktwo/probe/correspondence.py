"""A sitting between two members of a channel: the same session, its messages carried as letters.

Each side has a folder of its own for a sitting, in which session.py finds and leaves messages as in
a folder both reach. What it leaves is announced to all by an event; the bytes go to the other side
alone, inside the event if they are few, as a blob if they are many. So a sitting goes on whenever
either side is there, is stopped by nothing but its own rules, and needs no line that stays open.
The folder goes when the sitting ends.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracktwo import __version__
from tracktwo.channel import blob
from tracktwo.channel.post import Post
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import ACTIVE
from tracktwo.channel.sync import synchronise
from tracktwo.deal.position import read_position
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed, PeerFault, TrackTwoError, Unreachable
from tracktwo.probe.choice import Circuits
from tracktwo.probe.folder import Folder
from tracktwo.probe.meter import Progress
from tracktwo.probe.proposal import PART as PART_EVENT
from tracktwo.probe.proposal import PARTS, STATES, STOP, Proposal, proposals
from tracktwo.probe.question import Answer
from tracktwo.probe.session import Session, tag_of, terms_of
from tracktwo.said import as_plain, from_plain, said
from tracktwo.vault import Vault

INLINE = 100_000
"""Bytes of a message that still goes inside an event."""

NUMBER = 1
"""Of a sitting in its vault: each has a folder and a vault of its own."""

_UNREADABLE = "The other side's letter cannot be read."
_OUTCOME_LIMIT = 1 << 24
_IDLE = 5  # seconds of waiting for news at a time


class NotHeld(TrackTwoError):
    """A sitting was declined, taken back, or one of the two is not in the channel any more."""

    exit_code = 3


def places(replica: Replica, home: Path) -> list[Path]:
    """The folders of a channel's sittings on this machine."""
    found = [place_of(home, proposal.id) for proposal in proposals(replica)]
    return [place for place in found if place.is_dir()]


def outcome(replica: Replica, proposal: Proposal) -> Answer | str | None:
    """How a sitting ended here: its answer, or why it was stopped; None if it did not end."""
    data = replica.store.own(_outcome_name(proposal.id))
    if data is None:
        return None
    kind, value = decode(data, limit=_OUTCOME_LIMIT)
    return Answer.from_plain(value) if kind == "answered" else from_plain(value)


class Correspondence:
    """Our part of a sitting that both agreed to. Raises BadInput if it is not open here."""

    def __init__(
        self, replica: Replica, home: Path, proposal: Proposal, progress: Progress
    ) -> None:
        self._replica, self._proposal, self._progress = replica, proposal, progress
        self._home = home
        self._peer = proposal.peer_of(replica.own)
        key = replica.store.own(key_name(proposal.id))
        self._where = place_of(home, proposal.id)
        if key is None or not self._where.is_dir():
            raise BadInput(
                said(
                    "Probe {probe} is not open on this machine: a backup leaves sittings out.",
                    probe=proposal.name,
                ),
                advice=said("Give it up (tracktwo probe decline), and ask anew."),
            )
        self._vault = Vault(self._where / "vault.db", key)
        self._files = self._where / "messages"
        self._files.mkdir(exist_ok=True)
        self._tag = tag_of(replica.own.hex())
        self._peer_tag = tag_of(self._peer.id.hex())
        self._folder = Folder(self._files, self._tag)
        self._session = self._opened()

    def _opened(self) -> Session:
        proposal = self._proposal
        circuits = Circuits(proposal.agenda)
        program: Any = circuits.choose(proposal.question, proposal.circuit).circuit
        data = self._vault.kept("position") or b""
        private = program.take(read_position(data, "position.toml", proposal.agenda))
        record = self._vault.latest()
        terms = encode([__version__, *terms_of(self._replica.own.hex(), program)])
        if record is None or record.terms != terms:
            raise BadInput(
                said(
                    "Probe {probe} was begun by another version of this program.",
                    probe=proposal.name,
                ),
                advice=said("Finish it with that one, or decline it."),
            )
        self._folder.clear()
        return Session(
            self._vault,
            self._folder,
            NUMBER,
            side=self._replica.own.hex(),
            program=program,
            private=private,
            progress=self._progress,
        )

    def close(self) -> None:
        """Let other processes at it."""
        self._vault.close()

    def advance(self) -> bool:
        """Do all that can be done without the line; whether the sitting ended.

        Raises PeerFault, once it is kept and announced, if the other side's messages are wrong.
        """
        try:
            self._take_in()
            answer = self._session.advance()
        except PeerFault as fault:
            self._end("stopped", as_plain(fault.args[0]))
            raise
        except Malformed:
            self._end("stopped", _UNREADABLE)
            raise PeerFault(_UNREADABLE) from None
        self._hand_out()
        if answer is None:
            return False
        self._vault.end(NUMBER, "answered", encode(answer.as_plain()))
        self._end("answered", answer.as_plain())
        return True

    def _end(self, kind: str, value: object) -> None:
        with self._replica.store.transaction():
            self._hand_out()
            self._replica.store.keep(_outcome_name(self._proposal.id), encode([kind, value]))

    def _now(self) -> Proposal:
        return next(p for p in proposals(self._replica) if p.id == self._proposal.id)

    def _take_in(self) -> None:
        """Put what the other side sent where the session looks for it."""
        store = self._replica.store
        for part, (ident, size, digest) in self._now().parts.get(self._peer.id, {}).items():
            path = self._files / f"{NUMBER:04d}-{self._peer_tag}-{part}.msg"
            if path.exists():
                continue
            if part == STOP:
                path.touch()
                continue
            private = store.one(
                "SELECT bytes FROM private WHERE event = ? AND member = ?", ident, self._replica.own
            )
            if private is None:
                continue
            self._take_one(path, decode(private, limit=2 * INLINE), size, digest)

    def _take_one(self, path: Path, private: object, size: int, digest: bytes) -> None:
        match private:
            case ["here", bytes(data)] if hashlib.sha256(data).digest() == digest:
                part = path.with_suffix(".coming")
                part.write_bytes(data)
                os.replace(part, path)
            case ["blob", bytes(data)]:
                ticket = blob.read_ticket(data)
                # any other server would see our address because the other side named it
                if ticket.relay not in ("", self._replica.relay, self._peer.card.relay):
                    raise PeerFault("The other side's letter names another relay than it has.")
                if ticket.size == size:
                    blob.expect(self._replica.store, ticket, path)
            case _:
                raise PeerFault("The other side's letter is not what it announced.")

    def _hand_out(self) -> None:
        """Announce what the session left, once each."""
        said = self._now().parts.get(self._replica.own, {})
        for part in PARTS:
            path = self._files / f"{NUMBER:04d}-{self._tag}-{part}.msg"
            if part in said or not path.exists():
                continue
            size = path.stat().st_size
            with path.open("rb") as file:
                digest = hashlib.file_digest(file, "sha256").digest()
            body = {"probe": self._proposal.id, "part": part, "size": size, "digest": digest}
            with self._replica.store.transaction():
                if size <= INLINE:
                    private = encode(["here", path.read_bytes()])
                else:
                    relay = self._replica.relay
                    ticket = blob.offer(self._replica.store, path, relay, self._peer.id)
                    private = encode(["blob", ticket.encode()])
                self._replica.say(PART_EVENT, body, private={self._peer.id: private})

    def tidy(self, post: Post | None) -> None:
        """Remove the messages of a sitting that ended, and its vault.

        When there is an answer, the other side has used all of ours but the last, which is short.
        """
        self.close()
        tidy(self._replica, self._home, self._proposal, post)


def tidy(replica: Replica, home: Path, proposal: Proposal, post: Post | None) -> None:
    """Remove what a sitting needed on this machine."""
    where = place_of(home, proposal.id)
    for ident, path in replica.store.rows("SELECT id, path FROM blob"):
        if Path(path).parent == where / "messages":
            blob.drop(replica.store, post, ident)
    shutil.rmtree(where, ignore_errors=True)


def _require_under_way(replica: Replica, proposal: Proposal) -> None:
    """Raise NotHeld if a sitting that has not ended here never will."""
    now = next(p for p in proposals(replica) if p.id == proposal.id)
    if now.state in ("declined", "withdrawn"):
        named = {"probe": now.name, "state": STATES[now.state]}
        if not now.because:
            raise NotHeld(said("Probe {probe} was {state}.", **named))
        raise NotHeld(said("Probe {probe} was {state}: {why}", **named, why=now.because))
    if now.asker.state != ACTIVE or now.other.state != ACTIVE:
        raise NotHeld(
            said("Probe {probe}: one of the two is not in the channel any more.", probe=now.name)
        )


def converse(
    replica: Replica,
    home: Path,
    proposal: Proposal,
    post: Post | None,
    *,
    progress: Progress = lambda done, total: None,
    carrying: Progress = lambda done, total: None,
    waiting: Callable[[], None] = lambda: None,
    listen: Callable[[], bool] | None = None,
    wait: float | None = None,
) -> Answer | None:
    """Go on with a sitting: its answer, or None once `wait` seconds brought no news.

    `carrying` is told of the bytes of large messages on the line. `listen`, where something else
    synchronises the channel, waits until that brought news, and says whether it did. Without a
    `post`, do what can be done from what is here. Raises PeerFault if it was stopped, NotHeld if it
    never will be held, Unreachable if a relay is away.
    """
    ended = outcome(replica, proposal)
    if ended is None:
        if not place_of(home, proposal.id).is_dir():
            _require_under_way(replica, proposal)
        sitting = Correspondence(replica, home, proposal, progress)
        try:
            line = _Line(replica, post, carrying, waiting, listen)
            ended = _until_ended(replica, proposal, sitting, home, line, wait)
        except NotHeld:
            sitting.tidy(post)
            raise
        finally:
            sitting.close()
        if ended is not None:
            sitting.tidy(post)
    elif place_of(home, proposal.id).is_dir():  # stopped between the end and this
        tidy(replica, home, proposal, post)
    if isinstance(ended, str):
        raise PeerFault(ended)
    return ended


@dataclass(frozen=True)
class _Line:
    """How news comes to a sitting; see `converse`."""

    replica: Replica
    post: Post | None
    carrying: Progress
    waiting: Callable[[], None]
    listen: Callable[[], bool] | None

    def carry(self, wait: int = 0) -> bool:
        """Take letters and blobs both ways; whether anything moved."""
        if self.post is None:
            return False
        store = self.replica.store
        blob.make_room(store, self.post)
        # Who else synchronises acknowledges too, in its own time: a relay sees when we do.
        report = synchronise(self.replica, self.post, wait=wait, acknowledge=self.listen is None)
        moved = blob.exchange(store, self.post, self.carrying)
        return bool(report.posted or report.fetched) or moved

    def news(self) -> bool:
        """Wait for some; whether there was any."""
        self.waiting()
        return self.carry(_IDLE) if self.listen is None else self.listen()


def _until_ended(
    replica: Replica,
    proposal: Proposal,
    sitting: Correspondence,
    home: Path,
    line: _Line,
    wait: float | None,
) -> Answer | str | None:
    idle_since = time.monotonic()
    while True:
        with suppress(PeerFault):  # it is kept as the outcome
            sitting.advance()
            while blob.take_carried(replica.store, home):
                sitting.advance()
        ended = outcome(replica, proposal)
        if ended is None:
            _require_under_way(replica, proposal)
        if line.post is None:
            return ended
        if ended is not None:
            with suppress(Unreachable):  # the last letter is kept, and goes with the next sync
                line.carry()
            return ended
        moved = line.carry() or (wait != 0 and line.news())
        if moved:
            idle_since = time.monotonic()
        elif wait is not None and time.monotonic() - idle_since >= wait:
            return None


def place_of(home: Path, ident: bytes) -> Path:
    """The folder of a sitting on this machine."""
    return home / "sittings" / ident[:8].hex()


def key_name(ident: bytes) -> str:
    """What the key of a sitting's vault is kept under."""
    return f"probe {ident.hex()} key"


def _outcome_name(ident: bytes) -> str:
    return f"probe {ident.hex()} outcome"
