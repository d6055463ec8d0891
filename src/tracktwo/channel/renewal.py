"""New keys and a new inbox: weekly, when somebody left, and after a backup was put back."""

from __future__ import annotations

from tracktwo.channel.event import plain_heads
from tracktwo.channel.keys import KEPT, Keys
from tracktwo.channel.membership import RENEW
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import Member
from tracktwo.encoding import decode, encode

_EVERY = 7 * 86_400  # seconds an HPKE key and an inbox are used


def renew(replica: Replica) -> None:
    """Take new keys and a new inbox, and tell the others."""
    store = replica.store
    with store.transaction():
        keys = Keys.load(store)
        keys.renew()
        keys.save(store)
        words = replica.me.card
        card = keys.card(
            relay=words.relay, pseudonym=words.pseudonym, side=words.side, role=words.role
        )
        store.do("DELETE FROM own WHERE name = 'renew'")
        store.keep("renewed", encode(replica.now()))
        replica.say(RENEW, {"card": card.encode()})


def is_due(replica: Replica) -> bool:
    """Whether somebody left, or the keys are a week old, and no member would be left behind."""
    since = replica.store.own("renewed")
    if since is None:
        replica.store.keep("renewed", encode(replica.now()))
        return False
    is_old = replica.now() - int(decode(since, limit=16)) >= _EVERY
    return (is_old or replica.store.own("renew") is not None) and not behind(replica)


def behind(replica: Replica) -> list[Member]:
    """Who has not acknowledged so many renewals that one more might lose it for ever.

    It writes to the inbox and the keys of ours that it knows, and we keep only the last KEPT.
    """
    late = replica.store.rows(
        "SELECT peer FROM outbox JOIN event ON event.id = outbox.event WHERE event.kind = ? "
        "GROUP BY peer HAVING count(DISTINCT event.id) >= ?",
        *(RENEW, KEPT - 1),
    )
    return [member for member in replica.roster.others() if (member.id,) in late]


def begin_anew(replica: Replica) -> None:
    """After a backup was put back: begin our chain and every session anew, before any word.

    Doors that stood open then may have been used since: they are closed.
    """
    if not replica.is_in:
        return
    with replica.store.transaction():
        replica.log.begin(replica.now())
        replica.store.do("UPDATE invitation SET state = 'closed' WHERE state = 'open'")
        replica.store.do("DELETE FROM rendezvous")
        mail = replica.mail()
        for member in replica.roster.others():
            mail.restart(member)
            mail.send(member, ["reset", plain_heads(replica.log.heads())])
        renew(replica)  # the others may have newer keys of ours than this backup has
        mail = replica.mail()
        for member in replica.roster.others():
            replica.say_again(mail, member)
