"""Coming into channels: knocking by codes in the background until the inviter answers, then a yes.

What waits is kept in the node, so that it goes on after the program was ended. Nothing of the
person's goes out before they have read the charter and agreed.
"""

from __future__ import annotations

import logging
import secrets
import threading
from contextlib import suppress
from dataclasses import dataclass, field
from typing import NamedTuple

from tracktwo.channel.invite import Invitation
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
    invitation: Invitation | None = None
    """What came, and waits for a yes."""

    fault: TrackTwoError | None = None
    is_over: bool = False
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

    def invited(self, wish: Wish, invitation: Invitation) -> str:
        """An invitation came by a file: what names it here."""
        ident = secrets.token_hex(8)
        with self._house.node() as node:
            node.keep_invitation(wish.name, wish.code, invitation)
        self._knocks[ident] = Knock(wish, invitation)
        self._keep()
        return ident

    def agree(self, ident: str) -> None:
        """The person has read the charter: come in. Raises BadInput if the invitation is over."""
        knock = self._knocks.get(ident)
        if knock is None or knock.invitation is None:
            return
        wish, invitation = knock.wish, knock.invitation
        with self._house.node() as node:
            relay = wish.relay or invitation.inviter.relay
            node.join(wish.name, invitation, relay=relay, pseudonym=wish.pseudonym)
            node.met(wish.name)
        self._knocks.pop(ident, None)
        self._keep()
        self._rounds.begin()

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
        if not knock.ended.is_set():
            with suppress(TrackTwoError):  # it was locked meanwhile
                self._keep()

    def _meet(self, node: Node, knock: Knock) -> None:
        wish = knock.wish
        knock.invitation = node.invited(wish.name, wish.code)
        if knock.invitation is not None:
            return
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
                    node.keep_invitation(wish.name, wish.code, invitation)
                    knock.invitation = invitation
                    return
