"""How somebody comes into a channel: an invitation, the first word, and the convener's event.

    convener   an invitation: where the inbox is, keys, charter, and a token that opens once
    invited    draws keys, begins a session on the convener's fallback key, and says a first word
               under the token: who it is to be called, its card
    convener   lets it in: an event to all, and to the newcomer a welcome: members and heads

An invitation is canonical CBOR of ten items:

    [1, channel, charter, inviter's card, founder, id, token, role, side, expires]

`id` 16 and `token` 32 random bytes, `expires` a second since 1970. Whoever holds it can come in
once, in that role and for that side, and nobody is told apart by it: the keys are compared
afterwards (verify.py), and "unverified" is shown until they were.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tracktwo.channel import card as cards
from tracktwo.channel import charter as charters
from tracktwo.channel.card import Card, is_name
from tracktwo.channel.charter import Charter
from tracktwo.channel.envelope import FIRST_WORD, Frame
from tracktwo.channel.event import ID, is_bytes, is_count
from tracktwo.channel.keys import Keys
from tracktwo.channel.mail import Mail
from tracktwo.channel.membership import ADD, welcome
from tracktwo.channel.replica import Clock, Replica, seconds
from tracktwo.channel.roster import Roster
from tracktwo.channel.store import Store
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed

LIMIT = 32_768
"""Bytes of an invitation."""
LASTS = 7 * 86_400
"""Seconds an invitation is good for, unless told otherwise."""

_VERSION = 1
_HELLO_LIMIT = 8192


@dataclass(frozen=True, slots=True)
class Invitation:
    """See the module."""

    channel: bytes
    charter: Charter
    inviter: Card
    founder: bytes
    id: bytes
    token: bytes
    role: str
    side: str
    expires: int

    def __repr__(self) -> str:
        return "Invitation(<secret>)"

    def encode(self) -> bytes:
        """The bytes."""
        whose = [self.channel, self.charter.encode(), self.inviter.encode(), self.founder]
        return encode([_VERSION, *whose, self.id, self.token, self.role, self.side, self.expires])


def read(data: bytes) -> Invitation:
    """The invitation of these bytes. Raises Malformed."""
    match decode(data, limit=LIMIT):
        case [1, channel, bytes(charter), bytes(card), founder, ident, token, role, side, expires]:
            sized = ((channel, ID), (founder, ID), (ident, ID), (token, 32))
            if (
                all(is_bytes(value, size) for value, size in sized)
                and role in cards.ROLES
                and is_name(side)
                and is_count(expires)
            ):
                whose = (channel, charters.read(charter), cards.read(card), founder)
                return Invitation(*whose, ident, token, role, side, expires)
    raise Malformed("This is no invitation.")


def invite(
    replica: Replica, *, role: str, side: str, now: Clock = seconds, lasts: int = LASTS
) -> Invitation:
    """Open a door for one. Raises BadInput if we may not."""
    if not replica.may_convene:
        raise BadInput("Only a convener, or who began the channel, invites.")
    if role == "delegate" and not side:
        raise BadInput("A delegate speaks for a side.", advice="Name it: --side.")
    invitation = Invitation(
        channel=replica.channel,
        charter=replica.charter,
        inviter=replica.me.card,
        founder=replica.store.own("founder") or b"",
        id=secrets.token_bytes(ID),
        token=secrets.token_bytes(32),
        role=role,
        side=side,
        expires=now() + lasts,
    )
    replica.store.do(
        "INSERT INTO invitation VALUES (?, ?, ?, ?, 'open', ?, NULL)",
        *(invitation.id, invitation.token, role, side, invitation.expires),
    )
    return invitation


def join(
    store: Store, invitation: Invitation, pseudonym: str, relay: str, now: Clock = seconds
) -> Replica:
    """Take an invitation up: keys, a new file, and the first word queued.

    `relay`: where our inbox is to be. Raises BadInput if the invitation is over.
    """
    if invitation.expires <= now():
        raise BadInput("This invitation is over.", advice="Ask for a new one.")
    keys = Keys.draw()
    card = keys.card(relay=relay, pseudonym=pseudonym, side=invitation.side, role=invitation.role)
    inviter = invitation.inviter
    convener = inviter.member(invitation.channel)
    with store.transaction():
        Replica.settle_in(store, invitation.channel, invitation.charter, keys, card)
        store.keep("founder", invitation.founder)
        Roster(store, b"").put(convener, inviter)
        mail = Mail(store, invitation.channel, card.member(invitation.channel), keys)
        hello = encode(["hello", card.encode()])
        _, pre_key = mail.sessions.seal(convener, inviter, hello)
        olm = encode([card.curve, pre_key])
        frame = Frame(invitation.id, 0, FIRST_WORD, olm)
        token = invitation.token
        signed = frame.signed_with(token, invitation.channel, convener)
        mail.first_word(convener, inviter, signed)
    return Replica(store, now)


def welcome_in(replica: Replica, frame: Frame, now: Clock = seconds) -> None:
    """Let in who says a first word under an open invitation. Raises Malformed if it is none."""
    store = replica.store
    if not replica.may_convene:
        raise Malformed("We let nobody in any more.")
    row = store.row(
        "SELECT token, role, side FROM invitation WHERE id = ? AND state = 'open' AND expires > ?",
        *(frame.sender, now()),
    )
    if row is None or not frame.is_from(row[0], replica.channel, replica.own):
        raise Malformed("This is no first word under an invitation that is open.")
    match decode(frame.olm, limit=_HELLO_LIMIT):
        case [bytes(curve), bytes(pre_key)]:
            mail = replica.mail()
            plain = mail.sessions.begin(frame.sender, curve, pre_key)
        case _:
            raise Malformed("A first word has another shape.")
    match decode(plain, limit=_HELLO_LIMIT):
        case ["hello", bytes(data)]:
            card = cards.read(data)
        case _:
            raise Malformed("A first word has another shape.")
    if card.curve != curve or [card.role, card.side] != list(row[1:]):
        raise Malformed("A first word is not what its invitation was for.")
    known = {key for one in replica.roster.everyone() for key in one.card.lasting()}
    if not known.isdisjoint(card.lasting()):
        raise Malformed("A key is a member's already.")
    member = card.member(replica.channel)
    mail.sessions.rename(frame.sender, member)
    store.do("UPDATE invitation SET state = 'used', member = ? WHERE id = ?", member, frame.sender)
    body = {"card": data, "invitation": frame.sender}
    replica.say(ADD, body, private={member: welcome(replica)})


def withdraw_all(replica: Replica) -> int:
    """Close every door that stands open; how many."""
    with replica.store.transaction():
        replica.store.do(
            "UPDATE rendezvous SET state = 'closed', words = '', invitation = x'' "
            "WHERE state = 'open'"
        )
        return replica.store.do("UPDATE invitation SET state = 'closed' WHERE state = 'open'")
