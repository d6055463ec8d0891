"""Coming into channels by codes, in the background: knocking until the inviter answers.

What waits is kept in the node, so that it goes on after the program was ended.
"""

from __future__ import annotations

import logging
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from tracktwo.channel.node import Node
from tracktwo.channel.rendezvous import Meeting, read_code
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, TrackTwoError, Unreachable
from tracktwo.said import said
from tracktwo.web.house import House
from tracktwo.web.rounds import Rounds

_KEPT = "knocks"
_LIMIT = 1 << 16
_LOOK = 2  # seconds of waiting at a time
_AGAIN = 10.0  # seconds after which a relay that was away is tried again
_log = logging.getLogger("tracktwo.web")


class Wish(NamedTuple):
    """Into what somebody wants to come: by which code, at which relay, called what."""

    name: str
    code: str
    relay: str
    pseudonym: str


@dataclass
class Knock:
    """How one stands. `fault`: why it is tried again, or is over."""

    wish: Wish
    fault: TrackTwoError | None = None
    is_over: bool = False
    is_in: bool = False
    ended: threading.Event = field(default_factory=threading.Event)

    def __repr__(self) -> str:
        return "Knock(<secret>)"


class Knocks:
    """See the module."""

    def __init__(self, house: House, rounds: Rounds) -> None:
        self._house, self._rounds = house, rounds
        self._knocks: dict[str, Knock] = {}
        self._beginning = threading.Lock()
        self._threads: dict[str, threading.Thread] = {}

    def begin(self) -> None:
        """Go on with all that wait."""
        with self._house.node() as node:
            data = node.kept(_KEPT)
        for ident, *wish in decode(data, limit=_LIMIT) if data else []:
            if ident not in self._knocks:
                self._start(ident, Wish(*wish))

    def require_free(self, name: str) -> None:
        """Raise BadInput if somebody knocks under this name: what it comes to is kept by that."""
        if any(knock.wish.name == name for knock in self.all().values()):
            raise BadInput(
                said("You are knocking under this name already."),
                advice=said("Give that up, or take another name."),
            )

    def knock(self, wish: Wish) -> None:
        """Begin to knock. Raises BadInput if one does already under this name."""
        with self._beginning:
            self.require_free(wish.name)
            self._start(secrets.token_hex(8), wish)
        self._keep()

    def end(self) -> None:
        """Stop all; they go on with `begin`."""
        for knock in self._knocks.values():
            knock.ended.set()
        self._knocks.clear()

    def give_up(self, ident: str) -> None:
        """Knock no more, or forget what is over."""
        if knock := self._knocks.pop(ident, None):
            knock.ended.set()
            with self._house.node() as node:
                node.met(knock.wish.name)
            self._keep()

    def all(self) -> dict[str, Knock]:
        """All that wait, and those that were refused and not looked at yet."""
        return dict(self._knocks)

    def _keep(self) -> None:
        waiting = [[ident, *k.wish] for ident, k in self._knocks.items() if not k.is_over]
        with self._house.node() as node:
            node.keep(_KEPT, encode(waiting))

    def _start(self, ident: str, wish: Wish) -> None:
        self._knocks[ident] = knock = Knock(wish)
        arguments = (ident, knock, self._threads.get(ident))
        self._threads[ident] = threading.Thread(target=self._go_on, args=arguments, daemon=True)
        self._threads[ident].start()

    def _go_on(self, ident: str, knock: Knock, before: threading.Thread | None) -> None:
        if before is not None:
            before.join()  # it has stopped, or is about to: two would spend one code twice
        if knock.ended.is_set():
            return
        try:
            with self._house.node() as node:
                self._meet(node, knock)
        except TrackTwoError as error:
            knock.fault, knock.is_over = error, True
        except Exception as error:  # its words may hold what is secret
            _log.error("a fault of a knock: %s", type(error).__name__)
            knock.fault = TrackTwoError("This is a fault of the program; nothing is lost.")
            knock.is_over = True
        if knock.ended.is_set() and not knock.is_in:
            return
        with suppress(TrackTwoError):  # it was locked meanwhile
            if not knock.is_over and (one := self._knocks.pop(ident, None)):
                one.ended.set()  # another, if it was begun anew meanwhile
                self._rounds.begin()
            self._keep()

    def _meet(self, node: Node, knock: Knock) -> None:
        wish = knock.wish
        meeting: Meeting = node.meeting(wish.name, read_code(wish.code))
        with self._rounds.post(node) as post:
            while not knock.ended.is_set():
                try:
                    invitation = meeting.go_on(wish.relay, post, _LOOK)
                except Unreachable as error:
                    knock.fault = error
                    knock.ended.wait(_AGAIN)
                    continue
                except TrackTwoError:
                    node.met(wish.name)  # one guess at the words, and no second
                    raise
                knock.fault = None
                if invitation is not None:
                    node.join(wish.name, invitation, relay=wish.relay, pseudonym=wish.pseudonym)
                    node.met(wish.name)
                    knock.is_in = True
                    return
