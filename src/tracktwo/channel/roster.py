"""Who is in a channel, as its log says and this machine keeps it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property

from tracktwo.channel import card as cards
from tracktwo.channel.card import Card
from tracktwo.channel.store import Store
from tracktwo.encoding import encode

ACTIVE, REMOVED, LEFT = "active", "removed", "left"
_COLUMNS = "id, card, state, verified, note, heard"


@dataclass(frozen=True)
class Member:
    """Somebody of the channel. `note` is one's own, for a real name perhaps, and never sent."""

    id: bytes
    data: bytes
    state: str
    checked: bytes | None
    note: str
    heard: int | None
    """The second we last got anything from this member."""

    @cached_property
    def card(self) -> Card:
        """What this member shows."""
        return cards.read(self.data)

    @property
    def is_verified(self) -> bool:
        """Whether its lasting keys were compared, and are still these."""
        return self.checked == fingerprint(self.card)


class Roster:
    """The members. Writing wants a transaction around it."""

    def __init__(self, store: Store, own: bytes) -> None:
        self._store, self._own = store, own

    def everyone(self) -> list[Member]:
        """Everybody who ever was in it, ourselves too, in the order of coming."""
        rows = self._store.rows(f"SELECT {_COLUMNS} FROM member ORDER BY rowid")  # noqa: S608 - fixed
        return [Member(*row) for row in rows]

    def others(self) -> list[Member]:
        """Who is in it now, but for ourselves."""
        return [m for m in self.everyone() if m.state == ACTIVE and m.id != self._own]

    def get(self, member: bytes) -> Member | None:
        """One of them."""
        row = self._store.row(f"SELECT {_COLUMNS} FROM member WHERE id = ?", member)  # noqa: S608
        return None if row is None else Member(*row)

    def put(self, member: bytes, card: Card) -> None:
        """Let somebody in, or give a member other keys."""
        self._store.do(
            "INSERT INTO member (id, card, state) VALUES (?1, ?2, ?3) "
            "ON CONFLICT (id) DO UPDATE SET card = ?2",
            *(member, card.encode(), ACTIVE),
        )

    def mark(self, member: bytes, state: str) -> None:
        """Who was removed or left."""
        self._store.do("UPDATE member SET state = ? WHERE id = ?", state, member)

    def heard(self, member: bytes, now: int) -> None:
        """Something came from this member."""
        self._store.do("UPDATE member SET heard = ? WHERE id = ?", now, member)

    def verify(self, member: Member) -> None:
        """Its keys were compared by its person and ours."""
        self._store.do(
            "UPDATE member SET verified = ? WHERE id = ?", fingerprint(member.card), member.id
        )

    def annotate(self, member: bytes, note: str) -> None:
        """Keep one's own note on a member."""
        self._store.do("UPDATE member SET note = ? WHERE id = ?", note, member)

    def plain(self) -> list[list[object]]:
        """The members now and what is lasting of them, in the order of their ids."""
        active = sorted((m for m in self.everyone() if m.state == ACTIVE), key=lambda m: m.id)
        return [[m.id, *m.card.lasting(), *m.card.words()] for m in active]


def fingerprint(card: Card) -> bytes:
    """32 bytes that stand for the lasting keys of a member and who it says it is."""
    material = encode([*card.lasting(), *card.words()])
    return hashlib.blake2b(material, digest_size=32, person=b"tracktwo print").digest()
