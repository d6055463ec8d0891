"""Olm sessions with the other members, kept in the channel's file.

Pairwise (vodozemac's Olm: 3DH and the double ratchet), never a group ratchet. Whoever has something
to say to a member it has no session with begins one on that member's fallback key, so nobody need
be online and a lost session is replaced from either end. Two that begin at once have two sessions;
each opens what comes by either, and answers on the one that last brought something.

A session is only ever moved forward, in the transaction that stores what it sealed or opened: one
that went back would seal two messages with one key (research: channel.md 1.1).
"""

from __future__ import annotations

from typing import NamedTuple

from vodozemac import (
    AnyOlmMessage,
    Curve25519PublicKey,
    DecodeException,
    KeyException,
    OlmDecryptionException,
    PreKeyMessage,
    Session,
    SessionCreationException,
)

from tracktwo.channel.card import Card
from tracktwo.channel.keys import PICKLE_KEY, Keys
from tracktwo.channel.store import Store
from tracktwo.errors import Malformed

_KEPT = 5
_PRE_KEY = 0


class _Known(NamedTuple):
    session: Session
    used: int
    """The larger, the later it brought something; negative once retired."""


class Sessions:
    """All sessions of one channel. Every method wants a transaction around it."""

    def __init__(self, store: Store, keys: Keys) -> None:
        self._store, self._keys = store, keys

    def __repr__(self) -> str:
        return "Sessions(<secret>)"

    def seal(self, peer: bytes, card: Card, plain: bytes) -> tuple[int, bytes]:
        """Olm's type and bytes of a message to a member."""
        known = self._of(peer)
        if known and known[0].used > 0:
            session = known[0].session
            kind, sealed = session.encrypt(plain).to_parts()
            self._step(peer, session)
        else:
            session = self._keys.account.create_outbound_session(
                Curve25519PublicKey.from_bytes(card.curve),
                Curve25519PublicKey.from_bytes(card.fallback),
            )
            kind, sealed = session.encrypt(plain).to_parts()
            self._prefer(peer, session)
        return kind, sealed

    def open(self, peer: bytes, curve: bytes, kind: int, olm: bytes) -> bytes:
        """What a member sealed. Raises Malformed if no session opens it."""
        try:
            message = AnyOlmMessage.from_parts(kind, olm)
        except (DecodeException, ValueError):
            raise Malformed("This is no message of Olm.") from None
        pre_key = message.to_pre_key() if kind == _PRE_KEY else None
        for known in self._of(peer):
            if pre_key is not None and not known.session.session_matches(pre_key):
                continue
            try:
                plain: bytes = known.session.decrypt(message)
            except OlmDecryptionException:
                continue
            if known.used > 0:
                self._prefer(peer, known.session)
            else:
                self._step(peer, known.session)
            return plain
        if pre_key is None:
            raise Malformed("No session with this member opens this.")
        return self.begin(peer, curve, olm)

    def begin(self, peer: bytes, curve: bytes, olm: bytes) -> bytes:
        """What is in a pre-key message that begins a session. Raises Malformed."""
        try:
            pre_key = AnyOlmMessage.from_parts(_PRE_KEY, olm).to_pre_key()
            identity = Curve25519PublicKey.from_bytes(curve)
        except (DecodeException, KeyException, ValueError):
            raise Malformed("No session can begin with this.") from None
        if pre_key is None:
            raise Malformed("No session can begin with this.")
        session, plain = self._inbound(identity, pre_key)
        self._prefer(peer, session)
        return plain

    def _inbound(
        self, identity: Curve25519PublicKey, pre_key: PreKeyMessage
    ) -> tuple[Session, bytes]:
        for account in self._keys.accounts():
            try:
                session, plain = account.create_inbound_session(identity, pre_key)
            except (SessionCreationException, ValueError):
                continue
            return session, bytes(plain)
        raise Malformed("No session can begin with this.")

    def forget(self, peer: bytes) -> None:
        """Drop every session with a member: the next word to it begins a new one."""
        self._store.do("DELETE FROM session WHERE peer = ?", peer)

    def rename(self, peer: bytes, known_as: bytes) -> None:
        """A session begun under one name belongs to a member of another."""
        self._store.do("UPDATE session SET peer = ? WHERE peer = ?", known_as, peer)

    def retire(self, peer: bytes) -> None:
        """Begin a new session with the next word, still opening what comes by those there are."""
        self._store.do("UPDATE session SET used = -abs(used) WHERE peer = ?", peer)

    def _of(self, peer: bytes) -> list[_Known]:
        rows = self._store.rows(
            "SELECT pickle, used FROM session WHERE peer = ? ORDER BY used DESC", peer
        )
        return [_Known(Session.from_pickle(pickle, PICKLE_KEY), used) for pickle, used in rows]

    def _step(self, peer: bytes, session: Session) -> None:
        """Keep a session as it has become."""
        self._store.do(
            "UPDATE session SET pickle = ? WHERE peer = ? AND id = ?",
            *(session.pickle(PICKLE_KEY), peer, session.session_id),
        )

    def _prefer(self, peer: bytes, session: Session) -> None:
        """Keep a session as it has become, and answer by it from now on."""
        self._store.do(
            "INSERT OR REPLACE INTO session VALUES (?1, ?2, ?3, "
            "(SELECT 1 + coalesce(max(abs(used)), 0) FROM session WHERE peer = ?1))",
            *(peer, session.session_id, session.pickle(PICKLE_KEY)),
        )
        self._store.do(
            "DELETE FROM session WHERE peer = ?1 AND id NOT IN "
            "(SELECT id FROM session WHERE peer = ?1 ORDER BY abs(used) DESC LIMIT ?2)",
            *(peer, _KEPT),
        )
