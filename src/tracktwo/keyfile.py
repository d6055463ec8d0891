"""From a passphrase to the key that everything else on this machine is encrypted under.

A random 32-byte key is wrapped by Argon2id (RFC 9106) of the passphrase, so that another passphrase
wraps it anew and re-encrypts nothing. Canonical CBOR of six items:

    [1, salt (16), memory in KiB, passes, nonce (12), wrapped (48)]

wrapped with ChaCha20-Poly1305 under the derived key, the first four items as associated data. Four
lanes. Whoever has the file and guesses the passphrase has everything: the cost of a guess is
`memory` and `passes`, 256 MiB and 3 unless told otherwise.
"""

from __future__ import annotations

import os
import secrets
import unicodedata
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id

from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed, WrongPassphrase
from tracktwo.said import said

MEMORY = 256 * 1024
"""KiB that a guess takes."""
LEAST_MEMORY = 8 * 1024
LEAST_LENGTH = 8
"""Characters of a passphrase, in composed form (NFC)."""
FAIR_LENGTH = 16
"""Characters below which one is warned."""

_PASSES, _LANES = 3, 4
_VERSION = 1
_LIMIT = 1024
_MOST_MEMORY = 4 * 1024 * 1024
_MOST_PASSES = 64


def make(path: Path, passphrase: str, *, memory: int = MEMORY) -> bytes:
    """Draw a key and write its file. The key. Raises BadInput if there is one already.

    And as `require_length`.
    """
    require_length(passphrase)
    key = secrets.token_bytes(32)
    data = _wrapped(key, passphrase, memory)
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
    except FileExistsError:
        raise BadInput("There is a node here already.", where=str(path.parent)) from None
    return key


def require_length(passphrase: str) -> None:
    """Raise BadInput for a new passphrase that is soon guessed, whatever a guess costs."""
    if not passphrase:
        raise BadInput("An empty passphrase protects nothing.")
    if len(unicodedata.normalize("NFC", passphrase)) < LEAST_LENGTH:
        raise BadInput(
            said(
                "A passphrase of fewer than {least} characters is soon guessed.", least=LEAST_LENGTH
            ),
            advice=said("Take several words that nobody would guess."),
        )


def is_weak(passphrase: str) -> bool:
    """Whether to warn of a passphrase that is taken: it is short, or nothing but figures."""
    plain = unicodedata.normalize("NFC", passphrase)
    return len(plain) < FAIR_LENGTH or "".join(plain.split()).isdecimal()


def unlock(path: Path, passphrase: str) -> bytes:
    """The key. Raises BadInput if the passphrase is another, or the file cannot be used."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        advice = "Make it first: tracktwo init."
        raise BadInput("There is no node here.", where=str(path.parent), advice=advice) from None
    salt, memory, passes, nonce, wrapped = _read(data, path)
    derived = _derive(passphrase, salt, memory, passes)
    try:
        return ChaCha20Poly1305(derived).decrypt(
            nonce, wrapped, encode([_VERSION, salt, memory, passes])
        )
    except InvalidTag:
        raise WrongPassphrase("This is not the passphrase.") from None


def change(path: Path, passphrase: str, new: str) -> None:
    """Wrap the key under another passphrase. Raises BadInput as `unlock` and `require_length`."""
    require_length(new)
    key = unlock(path, passphrase)
    memory = _read(path.read_bytes(), path)[1]
    draft = path.with_suffix(".part")
    draft.unlink(missing_ok=True)
    with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(_wrapped(key, new, memory))
        file.flush()
        os.fsync(file.fileno())
    os.replace(draft, path)


def _wrapped(key: bytes, passphrase: str, memory: int) -> bytes:
    salt, nonce = secrets.token_bytes(16), secrets.token_bytes(12)
    derived = _derive(passphrase, salt, memory, _PASSES)
    head = [_VERSION, salt, memory, _PASSES]
    wrapped = ChaCha20Poly1305(derived).encrypt(nonce, key, encode(head))
    return encode([*head, nonce, wrapped])


def _read(data: bytes, path: Path) -> tuple[bytes, int, int, bytes, bytes]:
    try:
        match decode(data, limit=_LIMIT):
            case [1, bytes(salt), int(memory), int(passes), bytes(nonce), bytes(wrapped)] if (
                (len(salt), len(nonce), len(wrapped)) == (16, 12, 48)
                and 8 * _LANES <= memory <= _MOST_MEMORY
                and 1 <= passes <= _MOST_PASSES
            ):
                return salt, memory, passes, nonce, wrapped
    except Malformed:
        pass
    raise BadInput("The key file is damaged.", where=str(path), advice="Restore a backup.")


def _derive(passphrase: str, salt: bytes, memory: int, passes: int) -> bytes:
    derive = Argon2id(salt=salt, length=32, iterations=passes, lanes=_LANES, memory_cost=memory)
    try:
        # as RFC 8265 4.2: keyboards differ in whether a letter and its accent are one sign or two
        return derive.derive(unicodedata.normalize("NFC", passphrase).encode())
    except UnicodeEncodeError:
        raise WrongPassphrase("A passphrase is text, and this is none.") from None
