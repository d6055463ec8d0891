"""Keeping what the charter says, and no longer.

Where the charter says "delete", the words of a talk go once they have been here for so many days,
by this machine's clock, and, if they are ours, every member has them. So do signed texts: who wants
one for longer writes it into a file. Id, author and place stay, so
that the chain still holds; so do who came and went, and which sittings were asked for: they are
counted. That the others do the same is their promise: no program can make them.
"""

from __future__ import annotations

from tracktwo.channel.replica import TALK, Replica
from tracktwo.channel.signed_text import SIGN

_HOUR, _HOURS_A_DAY = 3600, 24


def expire(replica: Replica) -> int:
    """Delete what is past its time; how many events."""
    if replica.charter.retention != "delete":
        return 0
    before = replica.now() // _HOUR - replica.charter.days * _HOURS_A_DAY
    store = replica.store
    with store.transaction():
        gone = store.do(
            "UPDATE event SET bytes = NULL WHERE bytes IS NOT NULL AND state = 'placed' "
            "AND kind IN (?, ?) AND hour < ? "
            "AND id NOT IN (SELECT event FROM outbox WHERE event IS NOT NULL)",
            *(TALK, SIGN, before),
        )
        if gone:
            store.do(
                "DELETE FROM private WHERE event IN (SELECT id FROM event WHERE bytes IS NULL)"
            )
    return gone
