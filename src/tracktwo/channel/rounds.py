"""Staying on the line: synchronise again and again, politely, for as long as somebody listens."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Iterator

from tracktwo.channel.post import Post
from tracktwo.channel.replica import Replica
from tracktwo.channel.sync import synchronise
from tracktwo.errors import Unreachable

_LONG_POLL = 25  # seconds
_LOOK = 2  # seconds of waiting at a time, while somebody may stand at the door
# seconds from the first that came: an answer at once would tell who hears whom
_ACKNOWLEDGE_AFTER = (30, 300)
_LONGEST_PAUSE = 60.0


def rounds(
    replica: Replica,
    post: Post,
    *,
    end: float | None = None,
    pause: Callable[[float], object] = time.sleep,
) -> Iterator[Unreachable | None]:
    """Synchronise until `end` (on the monotonic clock); after each round, why the relay was away.

    A relay that is away is tried again, ever less often; `pause` waits meanwhile.
    """
    acknowledge_at, away = math.inf, 1.0
    while end is None or time.monotonic() < end:
        wait = _LOOK if _is_door_open(replica) else _LONG_POLL
        if end is not None:
            wait = max(0, min(wait, round(end - time.monotonic())))
        if replica.is_in and time.monotonic() >= acknowledge_at:
            replica.acknowledge()  # before it listens: what comes meanwhile has its own time
        if not (replica.is_in and replica.log.has_untold()):
            acknowledge_at = math.inf
        elif acknowledge_at == math.inf:
            acknowledge_at = time.monotonic() + random.uniform(*_ACKNOWLEDGE_AFTER)  # noqa: S311
        if acknowledge_at < math.inf:
            wait = min(wait, max(1, math.ceil(acknowledge_at - time.monotonic())))
        try:
            synchronise(replica, post, wait=wait, acknowledge=False)
        except Unreachable as error:
            yield error
            pause(away * random.uniform(0.5, 1.5))  # noqa: S311 - not all at once again
            away = min(2 * away, _LONGEST_PAUSE)
        else:
            away = 1.0
            yield None


def _is_door_open(replica: Replica) -> bool:
    return bool(replica.store.one("SELECT 1 FROM rendezvous WHERE state IN ('open', 'answered')"))
