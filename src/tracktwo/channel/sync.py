"""Carrying envelopes between a channel's file and relays. Touches no key and opens nothing.

The rule that loses nothing: what is posted was stored before, what is stored is acknowledged to the
relay after, and both are done again whenever it is not certain that they were.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import zip_longest

from tracktwo.channel import renewal
from tracktwo.channel.archive import show_key
from tracktwo.channel.invite import welcome_in
from tracktwo.channel.keys import Keys
from tracktwo.channel.post import Full, Post, Unknown
from tracktwo.channel.rendezvous import attend_doors
from tracktwo.channel.replica import Replica
from tracktwo.channel.retention import expire
from tracktwo.errors import Unreachable

_HOUR = 3600
_STALE = 200  # pages of nothing new, after which a relay is not listened to for now
_AGAIN_AFTER = 29 * 24  # hours, after which it is posted again: a relay may have lost it


@dataclass(slots=True)
class Report:
    """What a synchronisation did."""

    posted: int = 0
    fetched: int = 0
    trouble: list[str] = field(default_factory=list)
    """Why something could not be done now."""


def synchronise(replica: Replica, post: Post, *, wait: int = 0, acknowledge: bool = True) -> Report:
    """Post what is queued, fetch what came, do what follows, until nothing moves.

    `wait`: seconds to wait for something to come, if nothing is there. Raises Unreachable only if
    our own relay does not answer.
    """
    report = Report()
    replica.mail().post_again(replica.now() // _HOUR - _AGAIN_AFTER)
    moved = True
    while moved:
        post_all(replica, post, report)
        moved = _fetch_all(replica, post, report, wait)
        wait = 0
        settle(replica, acknowledge=acknowledge)
        moved = moved or bool(replica.mail().letters(1) and not report.trouble)
    post_all(replica, post, report)
    if replica.relay:  # last: a stranger can spoil any door, and must hold up nothing else
        attend_doors(replica, post, report.trouble)
    return report


def settle(replica: Replica, *, acknowledge: bool = True) -> None:
    """Read what came and say what follows from it."""
    replica.read_mail(lambda frame: welcome_in(replica, frame, replica.now))
    if not replica.is_in:
        return
    if renewal.is_due(replica):
        renewal.renew(replica)
    show_key(replica)
    expire(replica)
    if acknowledge:
        replica.acknowledge()
    replica.ask()


def post_all(replica: Replica, post: Post, report: Report | None = None) -> Report:
    """Post what is queued; a mailbox that cannot take more does not hold up the others."""
    report = report or Report()
    mail, closed = replica.mail(), set[bytes]()
    while letters := mail.letters(but=closed):
        done = []
        for letter in letters:
            if letter.send in closed:
                continue
            try:
                post.put(letter.relay, letter.send, letter.mid, letter.data)
            except Unreachable as trouble:
                closed.add(letter.send)
                if isinstance(trouble, Unknown):
                    mail.give_up(letter.send)
                if str(trouble) not in report.trouble:
                    report.trouble.append(str(trouble))
            else:
                done.append(letter)
        with replica.store.transaction():
            mail.posted(done, replica.now())
        report.posted += len(done)
        if not done:
            break
    return report


def _fetch_all(replica: Replica, post: Post, report: Report, wait: int) -> bool:
    """Fetch from all our inboxes; whether anything came."""
    keys = Keys.load(replica.store)
    relay = replica.relay
    if not relay:
        return False
    post.make_mailbox(relay, keys.receive, keys.send)
    came = _fetch(replica, post, keys.receive, report, wait)
    for receive, send in zip_longest(keys.retired, keys.retired_send):
        try:
            if send is not None:  # it may be all that somebody who was away for long knows of us
                post.make_mailbox(relay, receive, send)
            came = _fetch(replica, post, receive, report, 0) or came
        except (Unknown, Full):
            continue
    return came


def _fetch(replica: Replica, post: Post, receive: bytes, report: Report, wait: int) -> bool:
    # From the beginning: what we have is forgotten there. A place kept here from one time to the
    # next would hide what comes after a relay lost what it had, and counts anew.
    relay, after, came, stale = replica.relay, 0, False, 0
    while stale < _STALE:
        deliveries = post.get(relay, receive, after, wait)
        last = max((delivery.seq for delivery in deliveries), default=0)
        if last <= after:
            return came
        with replica.store.transaction():
            fresh = sum(replica.accept(delivery.data) for delivery in deliveries)
        post.forget(relay, receive, last)
        report.fetched += fresh
        after, came, wait = last, came or fresh > 0, 0
        stale = 0 if fresh else stale + 1
    return came
