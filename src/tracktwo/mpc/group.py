"""The prime-order subgroup of edwards25519 (RFC 8032, section 5.1), through libsodium.

Points are 32 bytes, scalars 32 bytes. Every point from outside goes through `checked`.
"""

from __future__ import annotations

from nacl import bindings as sodium
from nacl.exceptions import CryptoError

from tracktwo.errors import PeerFault
from tracktwo.mpc.cipher import derive

POINT_BYTES = 32


def scalar(wide: bytes) -> bytes:
    """A scalar from 64 uniform bytes, reduced modulo the group's order."""
    return sodium.crypto_core_ed25519_scalar_reduce(wide)


def times_base(factor: bytes) -> bytes:
    """The base point times a scalar."""
    return sodium.crypto_scalarmult_ed25519_base_noclamp(factor)


def times(factor: bytes, point: bytes) -> bytes:
    """A checked point times a scalar; PeerFault if the result is the neutral element."""
    try:
        return sodium.crypto_scalarmult_ed25519_noclamp(factor, point)
    except CryptoError as error:
        raise PeerFault("The other side sent a point of no use.") from error


def plus(x: bytes, y: bytes) -> bytes:
    """The sum of two points."""
    return sodium.crypto_core_ed25519_add(x, y)


def minus(x: bytes, y: bytes) -> bytes:
    """The difference of two points."""
    return sodium.crypto_core_ed25519_sub(x, y)


def hash_to_point(label: str, *parts: bytes | int | str) -> bytes:
    """A point that depends on label and parts, indifferentiable from a random one.

    The sum of two Elligator 2 images (Brier et al. 2010; the two-map shape of RFC 9380, section 3;
    libsodium's from_uniform clears the cofactor, its bytes are not RFC 9380's suite).
    """
    halves = (derive(label, half, *parts) for half in (0, 1))
    first, second = (sodium.crypto_core_ed25519_from_uniform(half) for half in halves)
    return plus(first, second)


def checked(point: bytes) -> bytes:
    """The same point, if it is canonical, of prime order, and not neutral; else PeerFault."""
    if not sodium.crypto_core_ed25519_is_valid_point(point):
        raise PeerFault("The other side sent bytes that are no point of the group.")
    return point
