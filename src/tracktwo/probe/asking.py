"""Asking a member of a channel for a sitting, agreeing to it, saying no; how many are left."""

from __future__ import annotations

import secrets
import shutil
from pathlib import Path

from tracktwo import __version__
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import Member
from tracktwo.deal.position import Position, write_position
from tracktwo.encoding import encode
from tracktwo.errors import BadInput
from tracktwo.probe.choice import Offer
from tracktwo.probe.correspondence import NUMBER, key_name, outcome, place_of, tidy
from tracktwo.probe.proposal import (
    ACCEPT,
    ASK,
    DECLINE,
    LONGEST_REASON,
    Proposal,
    at,
    choose,
    find,
    ours,
    proposals,
)
from tracktwo.probe.question import Question, parse_breadth
from tracktwo.probe.session import terms_of
from tracktwo.said import said
from tracktwo.vault import Vault


def ask(
    replica: Replica, home: Path, offer: Offer, position: Position, agenda_text: str, to: bytes
) -> Proposal:
    """Ask a member for a sitting, sealing our position on it. Raises BadInput."""
    question = offer.circuit.question
    agenda = offer.circuit.packages.agenda
    require_breadth(replica, question)
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
        require_budget(replica, agenda.digest())
        ident = replica.say(ASK, body)
        replica.store.keep(key_name(ident), key)
        _seal(home, replica, ident, key, offer, position)
    return next(p for p in proposals(replica) if p.id == ident)


def accept(
    replica: Replica, home: Path, proposal: Proposal, offer: Offer, position: Position
) -> None:
    """Agree to a sitting, sealing our position on it. Raises BadInput."""
    require_breadth(replica, proposal.question)
    key = secrets.token_bytes(32)
    with replica.store.transaction():
        require_waiting(replica, proposal)
        require_budget(replica, proposal.agenda.digest(), but=proposal.id)
        replica.store.keep(key_name(proposal.id), key)
        _seal(home, replica, proposal.id, key, offer, position)
        replica.say(ACCEPT, {"probe": proposal.id})


def decline(replica: Replica, home: Path, proposal: Proposal, text: str) -> None:
    """Say no to a sitting, take back having asked, or give up one that is under way.

    Raises BadInput if the text is too long.
    """
    say_no(replica, proposal, text)
    tidy(replica, home, proposal, None)


def say_no(replica: Replica, proposal: Proposal, text: str) -> None:
    """Tell the others so; what takes part in it here, if anything does, tidies up.

    Raises BadInput if the text is too long.
    """
    require_short(text)
    replica.say(DECLINE, {"probe": proposal.id, "text": text})


def require_short(text: str) -> None:
    """Raise BadInput if it is longer than the others would read."""
    if len(text) > LONGEST_REASON:
        raise BadInput(said("Say it in at most {count} signs.", count=LONGEST_REASON))


def askable(replica: Replica) -> list[Member]:
    """Who can be asked for a sitting, delegates first."""
    return sorted(replica.roster.others(), key=lambda member: member.card.role != "delegate")


def find_asked(replica: Replica, name: str | None) -> Proposal:
    """The probe of this name, or the only one, that waits for our yes. Raises BadInput."""
    proposal = find(replica, name, ("asked",))
    require_ours(replica, proposal)
    return proposal


def require_ours(replica: Replica, proposal: Proposal) -> None:
    """Raise BadInput if it is not ours to agree to."""
    if proposal.other.id != replica.own:
        raise BadInput(said("You asked for this one; the other side accepts it."))


def require_waiting(replica: Replica, proposal: Proposal) -> None:
    """Raise BadInput if it does not wait for our yes, as the log is now."""
    require_ours(replica, proposal)
    is_sealed = replica.store.own(key_name(proposal.id)) is not None
    if is_sealed or at(replica, proposal.place).state != "asked":
        raise BadInput(said("This probe does not wait for you any more."))


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


def sittings_left(replica: Replica, agenda: bytes, but: bytes = b"") -> int:
    """How many sittings the charter still allows on this agenda version."""
    held = [p for p in proposals(replica) if p.counts and p.id != but and p.digest == agenda]
    return replica.charter.probes - len(held)


def left_for(replica: Replica, proposal: Proposal) -> int:
    """How many sittings are still allowed on the agenda of this one."""
    return sittings_left(replica, proposal.digest) if proposal.digest else 0


def require_budget(replica: Replica, agenda: bytes, but: bytes = b"") -> None:
    """Raise BadInput if the charter allows no more sittings on this agenda version."""
    if sittings_left(replica, agenda, but) < 1:
        raise BadInput(
            said(
                "The charter allows {count} sittings on one version of an agenda,"
                " and they are used up.",
                count=replica.charter.probes,
            ),
            advice=said("Change the agenda together, or settle it by talking."),
        )


def require_breadth(replica: Replica, question: Question) -> None:
    """Raise BadInput if the charter asks for a larger breadth."""
    least, unit = parse_breadth(replica.charter.breadth or "0")
    if question.breadth < least or (least and question.unit != unit):
        asked = (
            said("The charter asks for a breadth of {least} points at least.", least=least)
            if unit == "points"
            else said("The charter asks for a breadth of {least} packages at least.", least=least)
        )
        raise BadInput(asked)


def _seal(
    home: Path, replica: Replica, ident: bytes, key: bytes, offer: Offer, position: Position
) -> None:
    """Fix our terms and position, and draw the seed."""
    from tracktwo.deal.formats import in_places  # with what reads spreadsheets, which takes long

    program = offer.circuit
    agenda = program.packages.agenda
    position = in_places(position, agenda)  # what is sealed is what will be read again
    private = program.take(position)
    where = place_of(home, ident)
    shutil.rmtree(where, ignore_errors=True)
    where.mkdir(parents=True, mode=0o700)
    vault = Vault(where / "vault.db", key)
    try:
        vault.keep("position", write_position(position, agenda).encode())
        terms = encode([__version__, *terms_of(replica.own.hex(), program)])
        vault.begin(NUMBER, terms, program.sealed(private))
    finally:
        vault.close()
