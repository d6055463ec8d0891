"""Large things: sealed in pieces, carried by a relay, resumed where they broke off.

A blob is sealed under a key of its own, which goes to its reader alone inside an event:

    blob       = chunk 0 | chunk 1 | ...                       each 256 KiB, the last may be shorter
    chunk i    = ChaCha20-Poly1305(key, nonce i, 262,128 bytes of plain)
    nonce i    = last (1 byte: 1 on the last chunk, else 0) | zeros (3) | i (8, big-endian)
    plain      = the file | zeros, up to the Padme length of the file

so that pieces cannot be moved, dropped or cut off (the STREAM construction, Hoang and others 2015),
any piece can be sealed again from the file, and the length tells at most log log of its bits
(Padme: Nikitin and others 2019). The same key never seals two files: the file is fixed before the
key is drawn.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from tracktwo.channel.event import is_bytes, is_count
from tracktwo.channel.store import Store
from tracktwo.encoding import decode, encode
from tracktwo.errors import Malformed, Unreachable

if TYPE_CHECKING:  # it brings in all of HTTP, which not every command needs
    from tracktwo.channel.post import Post

PIECE = 1 << 20
"""Bytes given to a relay at once: four chunks."""

_TAG = 16
_CHUNK = 1 << 18
_PLAIN = _CHUNK - _TAG
_LIMIT = 1024

Progress = Callable[[int, int], None]
"""Told how many bytes of how many have passed."""


@dataclass(frozen=True, slots=True)
class Ticket:
    """What its reader needs: where a blob is, and what opens it. Size in bytes of the file."""

    relay: str
    id: bytes
    key: bytes
    read: bytes
    size: int

    def __repr__(self) -> str:
        return "Ticket(<secret>)"

    def encode(self) -> bytes:
        """The bytes: canonical CBOR of the fields in order."""
        return encode([self.relay, self.id, self.key, self.read, self.size])


def read_ticket(data: bytes) -> Ticket:
    """The ticket of these bytes. Raises Malformed."""
    match decode(data, limit=_LIMIT):
        case [str(relay), ident, key, capability, size] if (
            is_bytes(ident, 16) and is_bytes(key, 32) and is_bytes(capability, 32)
        ) and is_count(size):
            return Ticket(relay, ident, key, capability, size)
        case _:
            raise Malformed("This is no ticket for a blob.")


def sealed_length(size: int) -> int:
    """Bytes of the blob of a file of `size` bytes."""
    plain = _padme(size)
    return plain + _TAG * max(1, -(-plain // _PLAIN))


def _padme(size: int) -> int:
    """The length a file is padded to (Nikitin and others 2019, algorithm 1)."""
    if size < 2:
        return size
    exponent = size.bit_length() - 1
    zeros = exponent - exponent.bit_length()
    mask = (1 << zeros) - 1
    return (size + mask) & ~mask


def sealed_bytes(file: BinaryIO, key: bytes, size: int, start: int, count: int) -> bytes:
    """Up to `count` bytes of the blob of a file from `start` on."""
    total = sealed_length(size)
    stop = min(total, start + count)
    cipher = ChaCha20Poly1305(key)
    first, past = start // _CHUNK, -(-stop // _CHUNK)
    chunks = b"".join(_seal(cipher, file, size, index, total) for index in range(first, past))
    return chunks[start - first * _CHUNK : stop - first * _CHUNK]


def _seal(cipher: ChaCha20Poly1305, file: BinaryIO, size: int, index: int, total: int) -> bytes:
    file.seek(min(size, index * _PLAIN))
    length = min(_CHUNK, total - index * _CHUNK) - _TAG
    plain = file.read(min(length, max(0, size - index * _PLAIN)))
    return cipher.encrypt(_nonce(index, total), plain + bytes(length - len(plain)), None)


def _nonce(index: int, total: int) -> bytes:
    is_last = (index + 1) * _CHUNK >= total
    return bytes([is_last, 0, 0, 0]) + index.to_bytes(8)


class Opening:
    """Opens a blob as its bytes come, into a file that may hold its beginning already."""

    def __init__(self, file: BinaryIO, ticket: Ticket) -> None:
        self._file, self._size = file, ticket.size
        self._total = sealed_length(ticket.size)
        self._cipher = ChaCha20Poly1305(ticket.key)
        self._index = file.seek(0, os.SEEK_END) // _PLAIN
        file.truncate(self._index * _PLAIN)
        file.seek(0, os.SEEK_END)
        self._rest = b""

    @property
    def offset(self) -> int:
        """The first byte of the blob that is wanted next."""
        return min(self._total, self._index * _CHUNK) + len(self._rest)

    @property
    def is_done(self) -> bool:
        """Whether all of it was opened."""
        return self._index * _CHUNK >= self._total

    def write(self, data: bytes) -> None:
        """Open what is whole. Raises Malformed if it was not sealed so."""
        self._rest += data
        while not self.is_done:
            length = min(_CHUNK, self._total - self._index * _CHUNK)
            if len(self._rest) < length:
                return
            nonce = _nonce(self._index, self._total)
            try:
                plain = self._cipher.decrypt(nonce, self._rest[:length], None)
            except InvalidTag:
                raise Malformed("A piece of a large message was changed on its way.") from None
            self._rest = self._rest[length:]
            self._file.write(plain[: max(0, self._size - self._index * _PLAIN)])
            self._index += 1


def plain_length(sealed: int) -> int:
    """Bytes of padded plain in a blob of so many bytes."""
    return max(0, sealed - _TAG * max(1, -(-sealed // _CHUNK)))


def offer(store: Store, path: Path, relay: str, peer: bytes) -> Ticket:
    """Keep that a file is to be sent to a member; the ticket for it. The file may not change."""
    key, read, write = (secrets.token_bytes(32) for _ in range(3))
    ident = _blob_id(read, write)
    ticket = Ticket(relay, ident, key, read, path.stat().st_size)
    store.do(
        "INSERT INTO blob VALUES (?, ?, ?, ?, ?, 'sending')",
        *(ident, peer, ticket.encode(), write, str(path)),
    )
    return ticket


def expect(store: Store, ticket: Ticket, path: Path) -> None:
    """Keep that a file is to be fetched, to be there once it is whole."""
    store.do(
        "INSERT OR IGNORE INTO blob VALUES (?, x'', ?, x'', ?, 'coming')",
        *(ticket.id, ticket.encode(), str(path)),
    )


def make_room(store: Store, post: Post) -> None:
    """Let relays know of what is to be sent, so that its reader can follow it as it comes."""
    for _, ticket, write, _ in _under_way(store, "sending"):
        if ticket.relay:
            post.make_blob(ticket.relay, ticket.read, write, sealed_length(ticket.size))


def exchange(store: Store, post: Post, progress: Progress) -> bool:
    """Send what is to be sent while fetching what is to come; whether anything moved.

    Both at once, since a line carries both ways at once. Raises Unreachable; what passed until then
    need not pass again.
    """
    sending, coming = _under_way(store, "sending"), _under_way(store, "coming")
    meter = _Meter(progress)
    with ThreadPoolExecutor(max_workers=1) as pool:
        sent = [
            (ident, pool.submit(_send, post, ticket, write, path, meter))
            for ident, ticket, write, path in sending
            if ticket.relay
        ]
        try:
            for ident, ticket, _, path in coming:
                if ticket.relay and _fetch(post, ticket, path, meter):
                    store.do("UPDATE blob SET state = 'here' WHERE id = ?", ident)
        finally:
            for ident, done in sent:
                if done.exception() is None:
                    store.do("UPDATE blob SET state = 'sent' WHERE id = ?", ident)
    for _, done in sent:
        done.result()
    return meter.moved


class _Meter:
    """Adds up what passes of several blobs."""

    def __init__(self, progress: Progress) -> None:
        self._progress = progress
        self._blobs: dict[bytes, tuple[int, int]] = {}
        self.moved = False

    def __call__(self, ident: bytes, done: int, total: int) -> None:
        """Of a blob, so much of so much has passed."""
        self.moved = True
        self._blobs[ident] = done, total
        passed = list(self._blobs.values())
        self._progress(sum(done for done, _ in passed), sum(total for _, total in passed))


def _send(post: Post, ticket: Ticket, write: bytes, path: Path, meter: _Meter) -> None:
    total = sealed_length(ticket.size)
    post.make_blob(ticket.relay, ticket.read, write, total)
    offset = post.blob_offset(ticket.relay, ticket.id, write)
    with path.open("rb") as file:
        while offset < total:
            piece = sealed_bytes(file, ticket.key, ticket.size, offset, PIECE)
            had, offset = offset, post.append(ticket.relay, ticket.id, write, offset, piece)
            if not had < offset <= had + len(piece):
                raise Unreachable("The relay lost its place. Nothing is lost; try again.")
            meter(ticket.id, offset, total)


def _fetch(post: Post, ticket: Ticket, path: Path, meter: _Meter) -> bool:
    """Whether all of it is here. A reader that hears nothing for a while leaves it for later."""

    def source(start: int) -> Iterator[bytes]:
        return post.read_blob(ticket.relay, ticket.id, ticket.read, start)

    try:
        return fill(ticket, path, source, lambda done, total: meter(ticket.id, done, total))
    except Malformed:
        raise Unreachable(
            "A piece of a large message was changed on its way; it is fetched again."
        ) from None


def fill(
    ticket: Ticket,
    path: Path,
    source: Callable[[int], Iterable[bytes]],
    progress: Progress = lambda done, total: None,
) -> bool:
    """Write a file from the blob's bytes, of which `source` gives those from a place on.

    Whether it is whole; if not, the next time goes on. Raises Malformed, and what `source` raises.
    """
    part = path.with_name(f".{path.name}.coming")
    total = sealed_length(ticket.size)
    with part.open("r+b" if part.exists() else "w+b") as file:
        opening = Opening(file, ticket)
        if not opening.is_done:
            try:
                for data in source(opening.offset):
                    opening.write(data)
                    progress(opening.offset, total)
                    if opening.offset >= total:  # a relay may go on for ever
                        break
            except Malformed:
                file.truncate(0)  # perhaps a relay's disk: all of it is asked for again
                raise
        file.flush()
        os.fsync(file.fileno())
        if not opening.is_done:
            return False
    os.replace(part, path)
    return True


def kept_for(store: Store, peer: bytes) -> list[tuple[Ticket, Path]]:
    """What is or was to be sent to a member, and is still here."""
    rows = store.rows(
        "SELECT ticket, path FROM blob WHERE peer = ? AND state IN ('sending', 'sent') "
        "ORDER BY rowid",
        peer,
    )
    kept = [(read_ticket(data), Path(path)) for data, path in rows]
    return [(ticket, path) for ticket, path in kept if path.exists()]


def carried_place(home: Path, ident: bytes) -> Path:
    """Where a blob that a courier brought waits."""
    return home / "carried" / ident.hex()


def take_carried(store: Store, home: Path) -> bool:
    """Open what a courier brought and somebody waits for; whether there was any."""
    taken = False
    for ident, ticket, _, path in _under_way(store, "coming"):
        place = carried_place(home, ident)
        if not place.exists():
            continue
        with place.open("rb") as file, suppress(Malformed):  # another stick, or the relay, has it
            if fill(ticket, path, partial(_from, file)):
                store.do("UPDATE blob SET state = 'here' WHERE id = ?", ident)
                taken = True
        place.unlink()
    return taken


def _from(file: BinaryIO, start: int) -> Iterator[bytes]:
    file.seek(start)
    while data := file.read(PIECE):
        yield data


def drop(store: Store, post: Post | None, ident: bytes) -> None:
    """Forget a blob of ours, here and as far as may be at the relay."""
    row = store.row("SELECT ticket, write FROM blob WHERE id = ?", ident)
    if row is None:
        return
    ticket = read_ticket(row[0])
    if post is not None and ticket.relay and row[1]:
        try:
            post.delete_blob(ticket.relay, ident, row[1])
        except Unreachable:
            return  # it is tried again with the next one, or expires
    if row[1]:
        store.do("DELETE FROM blob WHERE id = ?", ident)
    else:  # a courier may bring it once more
        store.do("UPDATE blob SET state = 'over' WHERE id = ?", ident)


def is_over(store: Store, ident: bytes) -> bool:
    """Whether a blob was fetched already, or nobody waits for it any more."""
    return store.one("SELECT state FROM blob WHERE id = ?", ident) in ("here", "over")


def _under_way(store: Store, state: str) -> list[tuple[bytes, Ticket, bytes, Path]]:
    rows = store.rows(
        "SELECT id, ticket, write, path FROM blob WHERE state = ? ORDER BY rowid", state
    )
    found = [(ident, read_ticket(data), write, Path(path)) for ident, data, write, path in rows]
    return [one for one in found if one[3].parent.is_dir()]  # else its sitting is over


def _blob_id(read: bytes, write: bytes) -> bytes:
    hashes = hashlib.sha256(read).digest() + hashlib.sha256(write).digest()
    return hashlib.sha256(b"blob id" + hashes).digest()[:16]
