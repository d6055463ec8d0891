"""Capabilities instead of accounts: who holds 32 secret bytes may read, or post, or neither.

The relay keeps SHA-256 of a capability, never the capability; every name comes from that hash:

    auth = SHA-256(capability)
    rid  = first 16 bytes of SHA-256("recv id" || auth of the reader)
    sid  = first 16 bytes of SHA-256("send id" || auth of the sender)
    blob = first 16 bytes of SHA-256("blob id" || auth of the reader || auth of the writer)

So making the same mailbox twice is making it once, and a name tells nothing of the others.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

_BEARER = "bearer "
_LENGTH = 32  # bytes of a capability


def auth_of(header: str | None) -> bytes | None:
    """SHA-256 of the capability in an Authorization header; None if there is no well-formed one.

    The header is `Bearer ` and the base64url of 32 bytes, with its padding or without.
    """
    if header is None or header[: len(_BEARER)].lower() != _BEARER:
        return None
    text = header[len(_BEARER) :].strip().rstrip("=")
    try:
        capability = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    return hashlib.sha256(capability).digest() if len(capability) == _LENGTH else None


def recv_id(auth: bytes) -> bytes:
    """The 16 bytes under which the reader of a mailbox reads."""
    return hashlib.sha256(b"recv id" + auth).digest()[:16]


def send_id(auth: bytes) -> bytes:
    """The 16 bytes under which senders post to a mailbox."""
    return hashlib.sha256(b"send id" + auth).digest()[:16]


def blob_id(read_auth: bytes, write_auth: bytes) -> bytes:
    """The 16 bytes by which a blob is known to its writer and its reader."""
    return hashlib.sha256(b"blob id" + read_auth + write_auth).digest()[:16]


def identifier(text: str) -> bytes | None:
    """The 16 bytes that 32 lower-case hexadecimal digits say; None for anything else."""
    return _from_hex(text, 16)


def hash_in(text: str) -> bytes | None:
    """The 32 bytes that 64 lower-case hexadecimal digits say; None for anything else."""
    return _from_hex(text, 32)


def _from_hex(text: str, length: int) -> bytes | None:
    if len(text) != 2 * length or set(text) - set("0123456789abcdef"):
        return None
    return bytes.fromhex(text)
