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
import secrets
import shutil
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

from tracktwo import __version__
from tracktwo.channel import blob
from tracktwo.channel.post import Post
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import ACTIVE
from tracktwo.channel.sync import synchronise
from tracktwo.deal.position import Position, read_position, write_position
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed, PeerFault, TrackTwoError, Unreachable
from tracktwo.probe.choice import Circuits, Offer
from tracktwo.probe.folder import Folder
from tracktwo.probe.meter import Progress
from tracktwo.probe.proposal import (
    ACCEPT,
    ASK,
    DECLINE,
    PARTS,
    STOP,
    Proposal,
    choose,
    ours,
    proposals,
)
from tracktwo.probe.proposal import PART as PART_EVENT
from tracktwo.probe.question import Answer, Question, parse_breadth
from tracktwo.probe.session import Session, tag_of, terms_of
from tracktwo.vault import Vault

INLINE = 100_000
"""Bytes of a message that still goes inside an event."""

_NUMBER = 1  # each sitting has a folder and a vault of its own
_OUTCOME_LIMIT = 1 << 24
_IDLE = 5  # seconds of waiting for news at a time


class NotHeld(TrackTwoError):
    """A sitting was declined, taken back, or one of the two is not in the channel any more."""

    exit_code = 3


def ask(
    replica: Replica, home: Path, offer: Offer, position: Position, agenda_text: str, to: bytes
) -> Proposal:
    """Ask a member for a sitting, sealing our position on it. Raises BadInput."""
    question = offer.circuit.question
    agenda = offer.circuit.packages.agenda
    _require_budget(replica, agenda.digest())
    _require_breadth(replica, question)
    body = {
        "agenda": agenda_text,
        "asked": list(question.asked),
        "rule": question.rule,
        "breadth": question.breadth,
        "unit": question.unit,
        "circuit": offer.circuit.name,
        "to": to,
    }
    key = secrets.token_bytes(32)
    with replica.store.transaction():
        ident = replica.say(ASK, body)
        replica.store.keep(_key_name(ident), key)
        _seal(home, replica, ident, key, offer, position)
    return next(p for p in proposals(replica) if p.id == ident)


def accept(
    replica: Replica, home: Path, proposal: Proposal, offer: Offer, position: Position
) -> None:
    """Agree to a sitting, sealing our position on it. Raises BadInput."""
    _require_budget(replica, proposal.agenda.digest(), but=proposal.id)
    _require_breadth(replica, proposal.question)
    key = secrets.token_bytes(32)
    with replica.store.transaction():
        replica.store.keep(_key_name(proposal.id), key)
        _seal(home, replica, proposal.id, key, offer, position)
        replica.say(ACCEPT, {"probe": proposal.id})


def decline(replica: Replica, home: Path, proposal: Proposal, text: str) -> None:
    """Say no to a sitting, take back having asked, or give up one that is under way."""
    replica.say(DECLINE, {"probe": proposal.id, "text": text})
    _tidy(replica, home, proposal, None)


def find_open(replica: Replica, name: str | None = None) -> Proposal:
    """The probe of this name, or the only one, that has not ended here. Raises BadInput."""
    among = [p for p in ours(replica) if outcome(replica, p) is None]
    return choose(among, name, ("asked", "accepted"))


def find_latest(replica: Replica) -> Proposal:
    """The only probe that has not ended here; the last that ended where all have.

    Raises BadInput.
    """
    mine = ours(replica)
    ended = [p for p in mine if outcome(replica, p) is not None]
    under_way = [p for p in mine if p not in ended and p.state in ("asked", "accepted")]
    return find_open(replica) if under_way or not ended else ended[-1]


def places(replica: Replica, home: Path) -> list[Path]:
    """The folders of a channel's sittings on this machine."""
    found = [_place(home, proposal.id) for proposal in proposals(replica)]
    return [place for place in found if place.is_dir()]


def sittings_left(replica: Replica, agenda: bytes, but: bytes = b"") -> int:
    """How many sittings the charter still allows on this agenda version."""
    held = [
        p
        for p in proposals(replica)
        if (p.state == "asked" or p.was_accepted) and p.id != but and _digest_of(p) == agenda
    ]
    return replica.charter.probes - len(held)


def _digest_of(proposal: Proposal) -> bytes:
    try:
        return proposal.agenda.digest()
    except BadInput:
        return b""


def _require_budget(replica: Replica, agenda: bytes, but: bytes = b"") -> None:
    if sittings_left(replica, agenda, but) < 1:
        raise BadInput(
            f"The charter allows {replica.charter.probes} sittings on one version of an agenda,"
            " and they are used up.",
            advice="Change the agenda together, or settle it by talking.",
        )


def _require_breadth(replica: Replica, question: Question) -> None:
    least, unit = parse_breadth(replica.charter.breadth or "0")
    if question.breadth < least or (least and question.unit != unit):
        raise BadInput(
            f"The charter asks for a breadth of {least} {unit} at least.", advice="Say --breadth."
        )


def _seal(
    home: Path, replica: Replica, ident: bytes, key: bytes, offer: Offer, position: Position
) -> None:
    """Fix our terms and position, and draw the seed."""
    from tracktwo.deal.formats import in_places  # with what reads spreadsheets, which takes long

    program = offer.circuit
    agenda = program.packages.agenda
    position = in_places(position, agenda)  # what is sealed is what will be read again
    private = program.take(position)
    where = _place(home, ident)
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True, mode=0o700)
    vault = Vault(where / "vault.db", key)
    try:
        vault.keep("position", write_position(position, agenda).encode())
        terms = encode([__version__, *terms_of(replica.own.hex(), program)])
        vault.begin(_NUMBER, terms, program.sealed(private))
    finally:
        vault.close()


def outcome(replica: Replica, proposal: Proposal) -> Answer | str | None:
    """How a sitting ended here: its answer, or why it was stopped; None if it did not end."""
    data = replica.store.own(_outcome_name(proposal.id))
    if data is None:
        return None
    kind, value = decode(data, limit=_OUTCOME_LIMIT)
    return Answer.from_plain(value) if kind == "answered" else str(value)


class Correspondence:
    """Our part of a sitting that both agreed to. Raises BadInput if it is not open here."""

    def __init__(
        self, replica: Replica, home: Path, proposal: Proposal, progress: Progress
    ) -> None:
        self._replica, self._proposal, self._progress = replica, proposal, progress
        self._home = home
        self._peer = proposal.peer_of(replica.own)
        key = replica.store.own(_key_name(proposal.id))
        self._where = _place(home, proposal.id)
        if key is None or not self._where.is_dir():
            raise BadInput(
                f"Probe {proposal.name} is not open on this machine: a backup leaves sittings out.",
                advice="Give it up (tracktwo probe decline), and ask anew.",
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
                f"Probe {proposal.name} was begun by another version of this program.",
                advice="Finish it with that one, or decline it.",
            )
        self._folder.clear()
        return Session(
            self._vault,
            self._folder,
            _NUMBER,
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
        except (PeerFault, Malformed) as fault:
            self._end("stopped", str(fault))
            raise PeerFault(str(fault)) from None
        self._hand_out()
        if answer is None:
            return False
        self._vault.end(_NUMBER, "answered", encode(answer.as_plain()))
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
            path = self._files / f"{_NUMBER:04d}-{self._peer_tag}-{part}.msg"
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
                if ticket.size == size:
                    blob.expect(self._replica.store, ticket, path)
            case _:
                raise PeerFault("The other side's letter is not what it announced.")

    def _hand_out(self) -> None:
        """Announce what the session left, once each."""
        said = self._now().parts.get(self._replica.own, {})
        for part in PARTS:
            path = self._files / f"{_NUMBER:04d}-{self._tag}-{part}.msg"
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
        _tidy(self._replica, self._home, self._proposal, post)


def _tidy(replica: Replica, home: Path, proposal: Proposal, post: Post | None) -> None:
    where = _place(home, proposal.id)
    for ident, path in replica.store.rows("SELECT id, path FROM blob"):
        if Path(path).parent == where / "messages":
            blob.drop(replica.store, post, ident)
    shutil.rmtree(where, ignore_errors=True)


def _require_under_way(replica: Replica, proposal: Proposal) -> None:
    """Raise NotHeld if a sitting that has not ended here never will."""
    now = next(p for p in proposals(replica) if p.id == proposal.id)
    if now.state in ("declined", "withdrawn"):
        said = f": {now.because}" if now.because else "."
        raise NotHeld(f"Probe {now.name} was {now.state}{said}")
    if now.asker.state != ACTIVE or now.other.state != ACTIVE:
        raise NotHeld(f"Probe {now.name}: one of the two is not in the channel any more.")


def converse(
    replica: Replica,
    home: Path,
    proposal: Proposal,
    post: Post | None,
    *,
    progress: Progress = lambda done, total: None,
    carrying: Progress = lambda done, total: None,
    waiting: Callable[[], None] = lambda: None,
    wait: float | None = None,
) -> Answer | None:
    """Go on with a sitting: its answer, or None once `wait` seconds brought no news.

    `carrying` is told of the bytes of large messages on the line. Without a `post`, do what can be
    done from what is here. Raises PeerFault if it was stopped, NotHeld if it never will be held,
    Unreachable if a relay is away.
    """
    ended = outcome(replica, proposal)
    if ended is None:
        if not _place(home, proposal.id).is_dir():
            _require_under_way(replica, proposal)
        sitting = Correspondence(replica, home, proposal, progress)
        try:
            ended = _until_ended(replica, proposal, sitting, home, post, carrying, waiting, wait)
        except NotHeld:
            sitting.tidy(post)
            raise
        finally:
            sitting.close()
        if ended is not None:
            sitting.tidy(post)
    elif _place(home, proposal.id).is_dir():  # stopped between the end and this
        _tidy(replica, home, proposal, post)
    if isinstance(ended, str):
        raise PeerFault(ended)
    return ended


def _until_ended(
    replica: Replica,
    proposal: Proposal,
    sitting: Correspondence,
    home: Path,
    post: Post | None,
    carrying: Progress,
    waiting: Callable[[], None],
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
        if post is None:
            return ended
        if ended is not None:
            with suppress(Unreachable):  # the last letter is kept, and goes with the next sync
                _carry(replica, post, carrying, 0)
            return ended
        moved = _carry(replica, post, carrying, 0)
        if not moved and wait != 0:
            waiting()
            moved = _carry(replica, post, carrying, _IDLE)
        if moved:
            idle_since = time.monotonic()
        elif wait is not None and time.monotonic() - idle_since >= wait:
            return None


def _carry(replica: Replica, post: Post, carrying: Progress, wait: int) -> bool:
    """Take letters and blobs both ways; whether anything moved."""
    blob.make_room(replica.store, post)
    report = synchronise(replica, post, wait=wait)
    moved = blob.exchange(replica.store, post, carrying)
    return bool(report.posted or report.fetched) or moved


def _place(home: Path, ident: bytes) -> Path:
    return home / "sittings" / ident[:8].hex()


def _key_name(ident: bytes) -> str:
    return f"probe {ident.hex()} key"


def _outcome_name(ident: bytes) -> str:
    return f"probe {ident.hex()} outcome"
