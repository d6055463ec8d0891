"""Who comes and goes, and with which keys: what the events that say so do.

Only conveners and who began the channel let in and remove; anybody leaves, and renews its own keys.
What two say at once may cross: `roster.again` is a convener's, for whom it let in while somebody
who did not know them yet changed the members.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tracktwo.channel import card as cards
from tracktwo.channel.card import Card
from tracktwo.channel.event import LIMIT, Event, Head, plain_heads, read_heads
from tracktwo.channel.event import read as read_event
from tracktwo.channel.roster import ACTIVE, LEFT, REMOVED
from tracktwo.encoding import decode, encode
from tracktwo.errors import Malformed

if TYPE_CHECKING:
    from tracktwo.channel.replica import Replica

ADD, REMOVE, LEAVE, RENEW = "roster.add", "roster.remove", "leave", "keys"
AGAIN = "roster.again"
"""A convener's, for whom it let in while somebody who did not know them yet changed the members."""


def follow(replica: Replica, ident: bytes, event: Event) -> None:
    """Do what an event says of who is in the channel. Raises Malformed for nonsense."""
    match event.kind, event.body:
        case "roster.add", {"card": bytes(data)} if replica.may_convene_of(event.author):
            _let_in(replica, ident, cards.read(data))
            _tell_newcomers(replica, event, {"add": data})
        case "roster.remove", {"member": bytes(member)} if replica.may_convene_of(event.author):
            _part(replica, member, REMOVED)
            _tell_newcomers(replica, event, {"remove": member})
        case "leave", _:
            _part(replica, event.author, LEFT)
            _tell_newcomers(replica, event, {"remove": event.author})
        case "roster.again", {"add": bytes(data)} if replica.may_convene_of(event.author):
            _let_in(replica, ident, cards.read(data), is_new=False)
        case "roster.again", {"remove": bytes(member)} if replica.may_convene_of(event.author):
            _part(replica, member, REMOVED)
        case "keys", {"card": bytes(data)}:
            known = replica.roster.get(event.author)
            if known is not None:
                card = known.card.renewed(cards.read(data))
                replica.roster.put(event.author, card)
                _readdress(replica, event.author, card)


def _readdress(replica: Replica, member: bytes, card: Card) -> None:
    """Send what is under way to a member's new inbox, sealed to its new keys."""
    peer = replica.roster.get(member)
    if peer is not None and peer.state == ACTIVE and member != replica.own:
        mail = replica.mail()
        mail.redirect(member, card)
        replica.say_again(mail, peer)


def is_going(replica: Replica, member: bytes) -> bool:
    """Whether a convener removes a member, though that waits: perhaps for this very member."""
    return any(
        read_event(data).body in ({"member": member}, {"remove": member})
        and replica.may_convene_of(author)
        for author, data in replica.store.rows(
            "SELECT author, bytes FROM event WHERE state = 'waiting' AND kind IN (?, ?)",
            *(REMOVE, AGAIN),
        )
    )


def _tell_newcomers(replica: Replica, event: Event, change: dict[str, bytes]) -> None:
    """Whom we let in before an event's author knew of it will not hear this event."""
    if event.author == replica.own or not replica.may_convene:
        return
    knows = replica.store.row(
        "SELECT epoch, seq FROM seen WHERE reporter = ? AND author = ?", event.author, replica.own
    )
    if replica.store.one(
        "SELECT 1 FROM event WHERE author = ? AND kind = ? AND state = 'placed' "
        "AND (epoch, seq) > (?, ?)",
        *(replica.own, ADD, *(knows or (0, 0))),
    ):
        replica.say(AGAIN, change)


def _let_in(replica: Replica, ident: bytes, card: Card, *, is_new: bool = True) -> None:
    member = card.member(replica.channel)
    if replica.roster.get(member) is not None:
        return
    replica.roster.put(member, card)
    if member != replica.own and is_new and replica.log.head(member) is None:
        replica.log.base(Head(member, 0, 0, b""))  # has said nothing yet
    if member == replica.own:
        welcome = replica.store.one(
            "SELECT bytes FROM private WHERE event = ? AND member = ?", ident, replica.own
        )
        _settle_among(replica, *read_welcome(welcome or b""))
        replica.mail().let_in()
    replica.mail().release()


def _settle_among(replica: Replica, others: list[Card], heads: tuple[Head, ...]) -> None:
    """We were let in: these are in it too, and this is how far it had got."""
    for card in others:
        member = card.member(replica.channel)
        if replica.roster.get(member) is None:
            replica.roster.put(member, card)
    for head in heads:
        if replica.log.head(head.author) is None:
            replica.log.base(head)


def welcome(replica: Replica) -> bytes:
    """What somebody let in now gets: the members, and how far each has spoken."""
    members = [member for member in replica.roster.everyone() if member.state == ACTIVE]
    return encode([[member.data for member in members], plain_heads(replica.log.heads())])


def _part(replica: Replica, member: bytes, state: str) -> None:
    known = replica.roster.get(member)
    if known is None or known.state != ACTIVE:
        return
    replica.roster.mark(member, state)
    if member != replica.own:
        replica.mail().forget(member)
        replica.store.keep("renew", b"1")  # who is gone knows where to post, and our public keys


def read_welcome(data: bytes) -> tuple[list[Card], tuple[Head, ...]]:
    """The members and heads of a welcome. Raises Malformed."""
    match decode(data, limit=LIMIT):
        case [list(members), heads] if all(isinstance(member, bytes) for member in members):
            return [cards.read(member) for member in members], read_heads(heads)
        case _:
            raise Malformed("This is no welcome.")
