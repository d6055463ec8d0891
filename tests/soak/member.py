"""One member as a process: says its share, synchronises, may be killed at any instant.

`python member.py HOME NAME SHARE ALL`: SHARE texts are its own, ALL those of everyone, and it says
no more for now than the file `allowed` in its home is long. What it has said it reads from its log,
never from memory. It goes on until its standard input is closed.
"""

from __future__ import annotations

import os
import random
import select
import sys
from pathlib import Path

from tracktwo.channel.node import Node
from tracktwo.channel.post import Post
from tracktwo.channel.replica import TALK, Replica
from tracktwo.channel.sync import synchronise
from tracktwo.errors import Unreachable

_BURST = 25


def main() -> None:
    """See the module."""
    home, name, share, everything = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
    done, tally, allowed = home / "done", home / "said", home / "allowed"
    tally.touch()
    node = Node(home, "passphrase")
    with node.channel("soak") as replica, Post() as post:
        while not select.select([sys.stdin], [], [], 0)[0]:
            said = _count(replica, own=True)
            os.truncate(tally, said)  # as many bytes as texts: for who watches
            most = allowed.stat().st_size
            for number in range(said, min(most, said + random.randrange(_BURST))):
                replica.say(TALK, {"text": f"{name} {number}"})
            try:
                synchronise(replica, post, wait=int(said == most))
            except Unreachable:
                continue
            if _is_done(replica, share, everything):
                done.touch()


def _count(replica: Replica, *, own: bool) -> int:
    query = "SELECT count(*) FROM event WHERE kind = ? AND state = 'placed'"
    if own:
        return int(replica.store.one(f"{query} AND author = ?", TALK, replica.own))
    return int(replica.store.one(query, TALK))


def _is_done(replica: Replica, share: int, everything: int) -> bool:
    outbox = replica.store.one("SELECT count(*) FROM outbox WHERE event IS NOT NULL")
    return (
        outbox == 0
        and _count(replica, own=True) == share
        and (_count(replica, own=False) == everything)
    )


if __name__ == "__main__":
    main()
