"""What waits for the disk is bounded: beyond that, posts are put off at once, and cost nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from http import HTTPStatus

from tracktwo.relay.limits import BACKLOG
from tracktwo.relay.store import Post


class Backlog:
    """The bytes of posts that are not durable yet, in one process."""

    def __init__(self) -> None:
        self._waiting = 0

    def admit(
        self, post: Post, store: Callable[[Post], asyncio.Future[HTTPStatus]]
    ) -> asyncio.Future[HTTPStatus]:
        """What becomes of a post in `store`; TOO_MANY_REQUESTS if too much waits already."""
        size = len(post.body)
        if self._waiting + size > BACKLOG:
            put_off: asyncio.Future[HTTPStatus] = asyncio.get_running_loop().create_future()
            put_off.set_result(HTTPStatus.TOO_MANY_REQUESTS)
            return put_off
        self._waiting += size
        future = store(post)
        future.add_done_callback(lambda _: self._landed(size))
        return future

    def _landed(self, size: int) -> None:
        self._waiting -= size
