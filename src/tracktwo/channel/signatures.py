"""The signed texts of a channel: one's own signature, and who has signed what.

What a signature is over, and what it is not, is in signed_text.py. It reaches all as an event like
any other; who signs the same text, to the last byte, joins who signed it before.
"""

from __future__ import annotations

from dataclasses import dataclass

from tracktwo.channel import signed_text
from tracktwo.channel.event import read as read_event
from tracktwo.channel.keys import Keys
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import Member
from tracktwo.channel.signed_text import SIGN, SignedText, is_right, read_body
from tracktwo.errors import BadInput, Malformed
from tracktwo.said import said


@dataclass(frozen=True, slots=True)
class Agreed:
    """A text, the place where it was signed first, and who has signed it, each once."""

    text: str
    place: int
    signers: tuple[Member, ...]
    signatures: tuple[bytes, ...]
    """One for each of them. All are right."""

    def signed(self) -> SignedText:
        """The text as it is shown to others."""
        keys = [member.card.text for member in self.signers]
        return SignedText(self.text, tuple(sorted(zip(keys, self.signatures, strict=True))))


def sign(replica: Replica, text: str) -> bytes:
    """Sign a text and show it to all: kept and queued when this returns. The event's id.

    Raises BadInput if it is none to sign, or if we have signed it already.
    """
    signed_text.require_signable(text)
    with replica.store.transaction():
        for agreed in texts(replica):
            if agreed.text == text and replica.own in {member.id for member in agreed.signers}:
                raise BadInput(
                    said(
                        "You have signed this text already: place {place}.",
                        place=str(agreed.place),
                    )
                )
        signature = signed_text.sign(Keys.load(replica.store).text, text)
        return replica.say(SIGN, {"text": text, "signature": signature})


def texts(replica: Replica) -> list[Agreed]:
    """Every text that somebody has signed rightly, in the order of their first signatures."""
    found: dict[str, dict[bytes, tuple[int, Member, bytes]]] = {}
    people = {member.id: member for member in replica.roster.everyone()}
    for author, place, data in replica.store.rows(
        "SELECT author, place, bytes FROM event WHERE kind = ? AND state = 'placed' "
        "AND bytes IS NOT NULL ORDER BY place",
        SIGN,
    ):
        member = people[author]
        try:
            text, signature = read_body(read_event(data).body)
        except Malformed:
            continue
        key = member.card.text  # counts once, whoever else a convener may have let in with it
        if is_right(key, text, signature):
            found.setdefault(text, {}).setdefault(key, (place, member, signature))
    return [_agreed(text, list(rows.values())) for text, rows in found.items()]


def _agreed(text: str, rows: list[tuple[int, Member, bytes]]) -> Agreed:
    return Agreed(
        text,
        rows[0][0],
        tuple(member for _, member, _ in rows),
        tuple(signature for _, _, signature in rows),
    )


def at(replica: Replica, place: int | None) -> Agreed:
    """The text signed at this place; the only one where none is given. Raises BadInput."""
    found = texts(replica)
    if place is None:
        if len(found) == 1:
            return found[0]
        what = said("There are several signed texts.") if found else said("No text is signed.")
        raise BadInput(what, advice="Name the place of one: tracktwo signatures." if found else "")
    row = replica.store.row(
        "SELECT bytes FROM event WHERE place = ? AND kind = ? AND bytes IS NOT NULL", place, SIGN
    )
    if row is not None:
        try:
            text, _ = read_body(read_event(row[0]).body)
        except Malformed:
            text = ""
        for agreed in found:
            if agreed.text == text:
                return agreed
    raise BadInput(said("No text is signed at place {place}.", place=str(place)))
