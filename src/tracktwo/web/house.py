"""The node behind the page: locked or not, who has come in, what was typed meanwhile.

A person comes in by a token that works once, which `tracktwo open` hands to the browser, or by the
passphrase. A browser sends a cookie to every port of an address, so also to whatever else listens
on this machine. So the cookie belongs to a path that nobody can guess, and each session has
another: without the path no other page can make the browser show the cookie, without the cookie
the path opens nothing.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
import threading
from collections import OrderedDict
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tracktwo import keyfile
from tracktwo.channel.node import Node
from tracktwo.errors import BadInput

_MOST_SESSIONS = 16
_MOST_LEFT, _LARGEST_LEFT = 16, 1 << 20  # forms, characters of one


@dataclass
class Session:
    """Somebody who has come in. `door`: the path it is at; `notice`: what to say once."""

    door: str = field(default_factory=lambda: secrets.token_urlsafe(16))
    cookie: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    csrf: str = field(default_factory=lambda: secrets.token_urlsafe(32))
    notice: str = ""
    _spent: dict[str, object] = field(default_factory=dict)

    def __repr__(self) -> str:
        return "Session(<secret>)"

    def spend(self, once: str) -> bool:
        """Take what a form can be sent with only once; whether this is the first time."""
        mine = object()
        return self._spent.setdefault(once, mine) is mine  # of two threads one is the first


@dataclass(frozen=True)
class Left:
    """A form that came when nobody was in: where it is filled in, and with what."""

    path: str
    values: Mapping[str, str]

    def __repr__(self) -> str:
        return "Left(<secret>)"


class House:
    """See the module. Every method may be called from any thread."""

    def __init__(self, home: Path, proxy: str | None = None) -> None:
        """`proxy`: to go by to relays, whatever the person has settled."""
        self.home, self.proxy = home, proxy
        self._key: bytes | None = None
        self._token: bytes | None = None
        self._sessions: OrderedDict[str, Session] = OrderedDict()
        self._left: OrderedDict[str, Left] = OrderedDict()
        self._lock, self._trying = threading.Lock(), threading.Lock()

    def __repr__(self) -> str:
        return "House(<secret>)"

    # The node

    @property
    def is_made(self) -> bool:
        """Whether there is a node."""
        return (self.home / "node.key").exists()

    @property
    def is_locked(self) -> bool:
        """Whether the passphrase is wanted."""
        return self._key is None

    def unlock(self, passphrase: str) -> None:
        """Unlock the node, one attempt at a time. Raises BadInput.

        Who came in while it was locked has shown no passphrase, and is out again: others on this
        machine may have seen the address that a browser was started with, and been quicker. Nor
        does that address open anything from then on.
        """
        with self._trying:
            key = keyfile.unlock(self.home / "node.key", passphrase)
            with self._lock:
                if self._key is None:
                    self._token = None
                    self._sessions.clear()
                self._key = key

    def lock(self) -> None:
        """Forget the key, everybody who has come in, and what was typed."""
        with self._lock:
            self._key = None
            self._sessions.clear()
            self._left.clear()

    @contextmanager
    def node(self) -> Iterator[Node]:
        """The node, for this thread. Raises BadInput while it is locked."""
        key = self._key
        if key is None:
            raise BadInput("Your node is locked.")
        with closing(Node.unlocked(self.home, key)) as node:
            yield node

    def mark(self, name: str) -> str:
        """What stands for this in an address, as long as the node lasts. Raises BadInput.

        A browser keeps addresses in the open: without the node's key nobody can try names at it.
        """
        key = self._key
        if key is None:
            raise BadInput("Your node is locked.")
        named = hashlib.blake2b(name.encode(), digest_size=8, key=key, person=b"tracktwo address")
        return named.hexdigest()

    # Who comes in

    def new_token(self) -> str:
        """A token that works once, in place of any before."""
        token = secrets.token_urlsafe(32)
        self._token = _digest(token)
        return token

    def by_token(self, token: str) -> Session | None:
        """A new session for who has the token."""
        with self._lock:
            held, self._token = self._token, None
            if held is None or not hmac.compare_digest(held, _digest(token)):
                self._token = held  # a wrong guess does not shut the right one out
                return None
            return self._come_in("")

    def come_in(self, notice: str = "") -> Session:
        """A new session, told this once; the oldest makes room."""
        with self._lock:
            return self._come_in(notice)

    def _come_in(self, notice: str) -> Session:
        session = Session(notice=notice)
        self._sessions[session.door] = session
        while len(self._sessions) > _MOST_SESSIONS:
            self._sessions.popitem(last=False)
        return session

    def session(self, door: str, cookie: str) -> Session | None:
        """Who has come in by this door and has its cookie."""
        session = self._sessions.get(door)
        if session is None or not hmac.compare_digest(session.cookie.encode(), cookie.encode()):
            return None
        return session

    # What was typed while nobody was in

    def leave(self, path: str, values: Mapping[str, str]) -> str:
        """Keep a form until somebody has come in; what it is called then, "" if it is too large."""
        if not values or sum(map(len, values.values())) > _LARGEST_LEFT:
            return ""
        name = secrets.token_urlsafe(16)
        with self._lock:
            self._left[name] = Left(path, values)
            while len(self._left) > _MOST_LEFT:
                self._left.popitem(last=False)
        return name

    def left(self, name: str) -> Left | None:
        """The form of this name."""
        return self._left.get(name)

    # What is not secret, and known before the node is unlocked

    def told(self) -> dict[str, Any]:
        """Port and language, as they were last."""
        try:
            told = json.loads((self.home / "page.json").read_text("utf-8"))
        except (OSError, ValueError):
            return {}
        return told if isinstance(told, dict) else {}

    def tell(self, **more: object) -> None:
        """Keep some of it."""
        told = self.told() | more
        part = self.home / f".{secrets.token_hex(4)}.page"
        self.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        part.write_text(json.dumps(told), "utf-8")
        os.replace(part, self.home / "page.json")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
