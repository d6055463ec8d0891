"""Keeping what the charter says, and no longer.

Where the charter says "delete", an event's bytes go once it is older than so many days and every
member has it; its id, author and place stay, so that the chain still holds, and so does who came
and went. That the others do the
same is their promise: no program can make them.
"""

from __future__ import annotations

from tracktwo.channel.archive import KEY
from tracktwo.channel.membership import ADD, AGAIN, LEAVE, REMOVE, RENEW
from tracktwo.channel.replica import Replica

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
            "AND kind NOT IN (?, ?, ?, ?, ?, ?) "
            "AND hour < ? AND id NOT IN (SELECT event FROM outbox WHERE event IS NOT NULL)",
            *(ADD, REMOVE, LEAVE, RENEW, AGAIN, KEY, before),
        )
        if gone:
            store.do(
                "DELETE FROM private WHERE event IN (SELECT id FROM event WHERE bytes IS NULL)"
            )
    return gone
