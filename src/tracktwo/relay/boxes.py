"""What a batch of posts and acknowledgements does to the mailboxes it concerns.

A storage finds the mailboxes, drops what is acknowledged and says which posts are known; here each
item is judged in its turn; then the storage writes what came of it, all in one transaction.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from http import HTTPStatus

from tracktwo.relay.bells import Bells
from tracktwo.relay.frames import Frame
from tracktwo.relay.limits import Limits
from tracktwo.relay.store import Post, cost, judge


@dataclass(frozen=True, slots=True)
class Ack:
    """A reader has all up to a seq."""

    rid: bytes
    auth: bytes = field(repr=False)
    upto: int


@dataclass(slots=True)
class Box:
    """A mailbox, as it was before the batch, and what the batch does to it.

    `known` are the digests kept under the mids of the batch, `first` the seq of the first of
    `posts`, `charged` the bytes it counts more than before, `dropped` the bodies it lost.
    """

    rid: bytes
    sid: bytes
    recv_auth: bytes = field(repr=False)
    send_auth: bytes = field(repr=False)
    held: int
    messages: int
    first: int = 0
    known: dict[bytes, bytes] = field(default_factory=dict)
    posts: list[Post] = field(default_factory=list)
    charged: int = 0
    dropped: int = 0

    def drop(self, size: int) -> None:
        """A body of so many bytes is gone."""
        self.charged -= size
        self.dropped += 1

    def take(self, post: Post, room: int, limits: Limits) -> HTTPStatus:
        """Judge a post, and note it if it is to be stored."""
        status = judge(
            post,
            self.known.get(post.mid),
            held=self.held + self.charged,
            messages=self.messages + len(self.posts) - self.dropped,
            room=room,
            limits=limits,
        )
        if status is HTTPStatus.CREATED:
            self.known[post.mid] = post.digest
            self.posts.append(post)
            self.charged += cost(len(post.body))
        return status

    def frames(self) -> list[Frame]:
        """What was posted, in its place."""
        return [Frame(seq, post.mid, post.body) for seq, post in enumerate(self.posts, self.first)]


class Boxes:
    """The mailboxes of a batch, by both their names."""

    def __init__(self, boxes: Iterable[Box]) -> None:
        self.by_rid = {box.rid: box for box in boxes}
        self.by_sid = {box.sid: box for box in self.by_rid.values()}

    def of_reader(self, ack: Ack) -> Box | None:
        """The mailbox an acknowledgement is for, if whoever sends it may."""
        box = self.by_rid.get(ack.rid)
        return box if box is not None and box.recv_auth == ack.auth else None

    def of_sender(self, post: Post) -> Box | None:
        """The mailbox a post is for, if whoever sends it may."""
        box = self.by_sid.get(post.sid)
        return box if box is not None and box.send_auth == post.auth else None

    def decide(self, batch: list[Post | Ack], room: int, limits: Limits) -> list[HTTPStatus]:
        """What each is answered; `room` is for all together."""
        statuses = []
        for item in batch:
            status = HTTPStatus.NOT_FOUND
            if isinstance(item, Ack):
                if self.of_reader(item) is not None:
                    status = HTTPStatus.NO_CONTENT
            elif (box := self.of_sender(item)) is not None:
                status = box.take(item, room, limits)
                if status is HTTPStatus.CREATED:
                    room -= cost(len(item.body))
            statuses.append(status)
        return statuses

    def changed(self) -> list[Box]:
        """Those with something to write."""
        return [box for box in self.by_rid.values() if box.posts or box.dropped]

    def ring(self, bells: Bells) -> None:
        """Wake the readers of what is now durable."""
        for box in self.by_rid.values():
            if box.posts:
                bells.ring(box.rid, box.frames())
