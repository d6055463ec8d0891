"""Everything made from AES and SHA-256: key derivation, streams, the two hashes of the engine.

The only file of the engine that names a cipher. All primitives are OpenSSL's, through
`cryptography`, and the standard library's SHA-256.
"""

from __future__ import annotations

import hashlib

import numpy as np
from cryptography.hazmat.primitives.ciphers import Cipher, CipherContext, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from numpy.typing import NDArray

from tracktwo.encoding import encode
from tracktwo.mpc.blocks import BLOCK_BYTES, Blocks, Columns

_ZEROS = bytes(1 << 16)
_NONCE = bytes(12)


def derive(label: str, *parts: bytes | int | str) -> bytes:
    """32 bytes that depend on the label and every part: SHA-256 of their canonical encoding.

    The random oracle of the protocol; the label separates its uses.
    """
    return hashlib.sha256(encode(["tracktwo/1", label, *parts])).digest()


class Stream:
    """The pseudorandom bytes of a 16-byte seed: AES-128 in counter mode over zeros, in order.

    `start` is the first counter block, 16 bytes, the first byte the highest.
    """

    def __init__(self, seed: bytes, start: bytes = bytes(BLOCK_BYTES)) -> None:
        cipher = Cipher(algorithms.AES(seed[:BLOCK_BYTES]), modes.CTR(start))
        self._context: CipherContext = cipher.encryptor()

    def fill(self, out: memoryview) -> None:
        """Write the next len(out) bytes of the stream into `out`."""
        for start in range(0, len(out), len(_ZEROS)):
            part = out[start : start + len(_ZEROS)]
            self._context.update_into(_ZEROS[: len(part)], part)

    def blocks(self, count: int) -> Blocks:
        """The next `count` blocks of the stream, as a fresh array (count, 2)."""
        fresh = np.empty((count, 2), np.uint64)
        if count:
            self.fill(fresh.data.cast("B"))
        return fresh

    def read(self, count: int) -> bytes:
        """The next `count` bytes of the stream."""
        fresh = bytearray(count)
        self.fill(memoryview(fresh))
        return bytes(fresh)


class Permutation:
    """A fixed-key AES permutation pi on arrays of blocks, for the TMMO hash.

    H(x, i) = pi(pi(x) ^ i) ^ pi(x) (Guo, Katz, Wang, Yu 2020, "Efficient and Secure Multiparty
    Computation from Fixed-Key Block Ciphers", section 7.4). The callers never repeat a tweak i
    under one key.
    """

    def __init__(self, key: bytes) -> None:
        cipher = Cipher(algorithms.AES(key[:BLOCK_BYTES]), modes.ECB())  # noqa: S305 - pi itself
        self._context: CipherContext = cipher.encryptor()

    def apply(self, source: Blocks, out: Blocks) -> None:
        """out = pi(source), block by block; both C-contiguous, `out` one spare block longer.

        The spare block is OpenSSL's: it asks for room for one more than it writes.
        """
        self._context.update_into(source.data.cast("B"), out.data.cast("B"))


def linear_hash(key: bytes, columns: Columns, mask: NDArray[np.uint8] | None = None) -> Blocks:
    """A universal, XOR-linear 128-bit hash of every row of `columns` & `mask`, shape (rows, 2).

    GHASH under a public random key (NIST SP 800-38D, section 6.4), reached through AES-GCM's
    associated data: tag(x) ^ tag(0) is GHASH's linear part. Two different rows of n blocks collide
    with probability at most (n + 1) / 2**128 over the key. The nonce is constant because nothing is
    encrypted or authenticated here: the key is public and only linearity and universality are used.
    """
    gcm = AESGCM(key[:BLOCK_BYTES])
    picked = columns if mask is None else (row & mask for row in columns)
    tags = b"".join(gcm.encrypt(_NONCE, b"", row.data) for row in picked)
    hashed = np.frombuffer(tags, np.uint64).reshape(-1, 2)
    blank = gcm.encrypt(_NONCE, b"", bytes(columns.shape[1]))
    return hashed ^ np.frombuffer(blank, np.uint64)
