"""Canonical CBOR (RFC 8949 section 4.2.1): one value, one byte string. The only codec.

`decode` accepts exactly what `encode` writes. Everything else, including a correct value in another
spelling, is `Malformed`; so a digest of the bytes is a digest of the value.
"""

from __future__ import annotations

import hashlib
from io import BytesIO
from typing import Any

import cbor2

from tracktwo.errors import Malformed

_PLAIN = (bool, int, str, bytes, type(None))


def encode(value: Any) -> bytes:  # noqa: ANN401 - any plain tree of the types below
    """The canonical bytes of a tree of dict (text keys), list, str, bytes, int, bool and None."""
    _require_plain(value)
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes, *, limit: int) -> Any:  # noqa: ANN401 - the caller checks the shape
    """The value that `encode` turns into `data`.

    Raises Malformed for more than `limit` bytes, for anything left over, for any type `encode` does
    not write, and for any spelling but the canonical one.
    """
    if len(data) > limit:
        raise Malformed(f"A message part of {len(data)} bytes is over its limit of {limit}.")
    try:
        value = cbor2.CBORDecoder(BytesIO(data)).decode()
        canonical = encode(value)
    except (Exception, RecursionError) as error:
        raise Malformed("A message part is not canonical CBOR.") from error
    if canonical != data:
        raise Malformed("A message part is not in the canonical spelling.")
    return value


def digest(value: Any) -> bytes:  # noqa: ANN401 - as for encode
    """SHA-256 of the canonical bytes of `value`."""
    return hashlib.sha256(encode(value)).digest()


def _require_plain(value: Any) -> None:  # noqa: ANN401 - as for encode
    if isinstance(value, dict):
        if not all(isinstance(key, str) for key in value):
            raise TypeError("only text keys are encoded")
        for item in value.values():
            _require_plain(item)
    elif isinstance(value, list):
        for item in value:
            _require_plain(item)
    elif not isinstance(value, _PLAIN):
        raise TypeError(f"{type(value).__name__} is not encoded")
