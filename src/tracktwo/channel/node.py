"""All channels of one person on one machine.

    node.key          the passphrase's file (keyfile.py)
    node.db           SQLCipher: which channels there are, what this person calls them, their keys;
                      settings and drafts
    channel-RANDOM.db SQLCipher: one channel (store.py), under a key of its own

Burning a channel forgets its key first and removes its file after, so that what a disk still holds
of the file is noise.
"""

from __future__ import annotations

import secrets
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

import sqlcipher3

from tracktwo import cipher, keyfile
from tracktwo.channel.card import is_name
from tracktwo.channel.charter import Charter
from tracktwo.channel.invite import LIMIT, Invitation, join, read
from tracktwo.channel.keys import Keys
from tracktwo.channel.replica import Clock, Replica, seconds
from tracktwo.channel.store import Store
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, TrackTwoError
from tracktwo.reasons import reason
from tracktwo.said import said, series

if TYPE_CHECKING:
    from tracktwo.channel.rendezvous import Code, Meeting

_SCHEMA = """
CREATE TABLE IF NOT EXISTS channel (
    name TEXT PRIMARY KEY, file TEXT NOT NULL, key BLOB NOT NULL, ready INTEGER NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS meeting (
    name TEXT PRIMARY KEY, code TEXT NOT NULL, number TEXT NOT NULL, state BLOB NOT NULL
) STRICT;
CREATE TABLE IF NOT EXISTS kept (
    channel TEXT NOT NULL, name TEXT NOT NULL, value BLOB NOT NULL, PRIMARY KEY (channel, name)
) STRICT;
"""


_INVITATION = "invitation"
_WAY = 64  # more than a code is long
_DAMAGED = "Restore a backup in another place, or burn the channel and be invited anew."


class Node:
    """See the module. Raises BadInput if the passphrase is another or the files cannot be used."""

    def __init__(self, home: Path, passphrase: str, now: Clock = seconds) -> None:
        self._begin(home, keyfile.unlock(home / "node.key", passphrase), now)

    @classmethod
    def unlocked(cls, home: Path, key: bytes, now: Clock = seconds) -> Node:
        """The node of a key unlocked before: a connection serves one thread alone."""
        node = cls.__new__(cls)
        node._begin(home, key, now)
        return node

    def _begin(self, home: Path, key: bytes, now: Clock) -> None:
        self._home, self._now = home, now
        self._db = _open(home / "node.db", key)

    def __repr__(self) -> str:
        return "Node(<secret>)"

    @staticmethod
    def make(home: Path, passphrase: str, *, memory: int = keyfile.MEMORY) -> None:
        """Make a node. Raises BadInput if there is one."""
        if home.exists() and not home.is_dir():
            advice = "The variable TRACKTWO_HOME names a folder."
            raise BadInput("This is no folder.", where=str(home), advice=advice)
        key = keyfile.make(home / "node.key", passphrase, memory=memory)
        _open(home / "node.db", key).close()

    def close(self) -> None:
        """Close the list of channels."""
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        self._db.close()

    def names(self) -> list[str]:
        """What this person calls the channels."""
        rows = self._db.execute("SELECT name FROM channel WHERE ready ORDER BY name")
        return [row[0] for row in rows]

    def idents(self) -> dict[str, str]:
        """The same by what names each in an address, which tells nothing: ident and name."""
        rows = self._db.execute("SELECT file, name FROM channel WHERE ready ORDER BY name")
        return {file.removeprefix("channel-").removesuffix(".db"): name for file, name in rows}

    @contextmanager
    def still(self) -> Iterator[None]:
        """Nobody changes the list of channels meanwhile."""
        self._db.execute("BEGIN IMMEDIATE")
        try:
            yield
        finally:
            self._db.execute("ROLLBACK")

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All of it or nothing, and nobody else writes meanwhile; inside another, a part of it.

        The node is not opened a second time within: closing that would wait for this.
        """
        with cipher.transaction(self._db):
            yield

    def files(self, names: Collection[str]) -> list[Path]:
        """The files that make up this node with these channels, as a backup needs them."""
        rows = self._db.execute("SELECT file, name FROM channel WHERE ready ORDER BY name")
        stems = ["node.db", *(file for file, name in rows if name in names)]
        paths = [self._home / (stem + suffix) for stem in stems for suffix in ("", "-wal")]
        return [self._home / "node.key", *(path for path in paths if path.exists())]

    @contextmanager
    def channel(self, name: str) -> Iterator[Replica]:
        """A channel, open. Raises BadInput if there is none of that name."""
        row = self._db.execute(
            "SELECT file, key FROM channel WHERE name = ? AND ready",
            (name if is_name(name) else "",),
        ).fetchone()
        if row is None:
            known = series(self.names()) or said("none yet")
            raise BadInput(
                said("There is no channel {name}.", name=repr(name)),
                advice=said("There are: {names}.", names=known),
            )
        if not (self._home / row[0]).exists():
            raise BadInput("A channel's file is gone.", where=row[0], advice=_DAMAGED)
        store = Store(self._home / row[0], row[1])
        try:
            yield Replica(store, self._now)
        except sqlcipher3.OperationalError as error:
            raise TrackTwoError(
                said(
                    "{file}: It cannot be used now ({why}). Try again.",
                    file=row[0],
                    why=reason(error),
                )
            ) from None
        except sqlcipher3.DatabaseError as error:
            if isinstance(error, sqlcipher3.IntegrityError):
                raise
            raise BadInput(
                said("A channel's file is damaged ({why}).", why=reason(error)),
                where=row[0],
                advice=_DAMAGED,
            ) from None
        finally:
            with suppress(sqlcipher3.DatabaseError):
                store.close()

    def found(
        self, name: str, charter: Charter, *, relay: str, pseudonym: str, side: str, role: str
    ) -> None:
        """Begin a channel. Raises BadInput if the name is taken."""
        with self._new(name) as store:
            keys = Keys.draw()
            card = keys.card(relay=relay, pseudonym=pseudonym, side=side, role=role)
            Replica.found(store, charter, keys, card, self._now)

    def join(self, name: str, invitation: Invitation, *, relay: str, pseudonym: str) -> None:
        """Take up an invitation. Raises BadInput if the name is taken or it is over."""
        with self._new(name) as store:
            join(store, invitation, pseudonym, relay, self._now)

    def meeting(self, name: str, code: Code) -> Meeting:
        """What was begun with this code for this name, or begun now; kept between runs."""
        from tracktwo.channel.rendezvous import Meeting  # with SPAKE2's tables, which few need

        row = self._db.execute(
            "SELECT number, state FROM meeting WHERE name = ? AND code = ?", (name, str(code))
        ).fetchone()
        if row is not None:
            return Meeting(*row)
        begun = Meeting.begin(code)
        self._db.execute(
            "INSERT OR REPLACE INTO meeting VALUES (?, ?, ?, ?)",
            (name, str(code), begun.number, begun.state),
        )
        return begun

    def met(self, name: str) -> None:
        """An invitation was taken up, or is not wanted; or a code is closed."""
        self._db.execute("DELETE FROM meeting WHERE name = ?", (name,))
        self.drop(_INVITATION, name)

    def invited(self, name: str, way: str) -> Invitation | None:
        """The invitation that came by this way for this name, and waits for a yes."""
        data = self.kept(_INVITATION, name)
        came_by, invitation = decode(data, limit=LIMIT + _WAY) if data else ("", b"")
        return read(invitation) if invitation and came_by == way else None

    def keep_invitation(self, name: str, way: str, invitation: Invitation) -> None:
        """Keep an invitation until the person has read its charter: a code opens once."""
        self.keep(_INVITATION, encode([way, invitation.encode()]), name)

    # What is kept beside the channels: settings, drafts

    def kept(self, name: str, channel: str = "") -> bytes | None:
        """What was kept under this name, for a channel or for none."""
        row = self._db.execute(
            "SELECT value FROM kept WHERE channel = ? AND name = ?", (channel, name)
        ).fetchone()
        return None if row is None else row[0]

    def keep(self, name: str, value: bytes, channel: str = "") -> None:
        """Keep something; it goes when the channel is burned."""
        self._db.execute("INSERT OR REPLACE INTO kept VALUES (?, ?, ?)", (channel, name, value))

    def drop(self, name: str, channel: str = "") -> None:
        """Keep it no longer."""
        self._db.execute("DELETE FROM kept WHERE channel = ? AND name = ?", (channel, name))

    def drop_below(self, beginning: str) -> None:
        """The same of all that is kept for no channel under a name that begins so."""
        self._db.execute(
            "DELETE FROM kept WHERE channel = '' AND substr(name, 1, ?) = ?",
            (len(beginning), beginning),
        )

    @contextmanager
    def _new(self, name: str) -> Iterator[Store]:
        """A file for a new channel; listed once it is filled, gone if that fails."""
        if not name or not is_name(name):
            raise BadInput("A channel's name is one line of up to 64 characters.")
        file, key = f"channel-{secrets.token_hex(8)}.db", secrets.token_bytes(32)
        try:
            self._db.execute("INSERT INTO channel VALUES (?, ?, ?, 0)", (name, file, key))
        except sqlcipher3.IntegrityError:
            if name in self.names():
                raise BadInput(
                    said("There is a channel {name} already.", name=repr(name))
                ) from None
            self.burn(name)  # left half-made by a killed process
            self._db.execute("INSERT INTO channel VALUES (?, ?, ?, 0)", (name, file, key))
        try:
            store = Store(self._home / file, key)
            try:
                yield store
            finally:
                store.close()
        except BaseException:
            self.burn(name)
            raise
        self._db.execute("UPDATE channel SET ready = 1 WHERE name = ?", (name,))

    def burn(self, name: str) -> None:
        """Forget a channel's key, then remove its file."""
        known = name if is_name(name) else ""
        row = self._db.execute("SELECT file FROM channel WHERE name = ?", (known,)).fetchone()
        if row is None:
            raise BadInput(said("There is no channel {name}.", name=repr(name)))
        self._db.execute("DELETE FROM channel WHERE name = ?", (name,))
        self._db.execute("DELETE FROM kept WHERE channel = ?", (name,))
        self._db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        for suffix in ("", "-wal", "-shm"):
            (self._home / (row[0] + suffix)).unlink(missing_ok=True)


def _open(path: Path, key: bytes) -> sqlcipher3.Connection:
    try:
        database = cipher.connect(path, key, patience=30)
        database.execute("PRAGMA journal_mode=WAL")
        database.executescript(_SCHEMA)
        for table in ("channel", "meeting", "kept"):  # so that damage shows here
            database.execute(f"SELECT * FROM {table}").fetchall()  # noqa: S608 - as above
    except cipher.FAULTS as error:
        what = said("The node cannot be opened ({why}).", why=reason(error))
        raise BadInput(what, where=str(path)) from None
    return database
