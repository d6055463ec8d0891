"""A text that a member signs: what is signed, how it is checked, and a file for a third to check.

Talk is deniable and never signed. A text that members agree on is, over the text alone:

    signed    = encode(["tracktwo signed text", 1, text])
              = 83 | 74 "tracktwo signed text" | 01 | head of CBOR, 1 to 5 bytes | text in UTF-8
    signature = Ed25519(signed), 64 bytes; RFC 8032, by the `text` key of the signer's card

No channel, member, roster, event, sequence or time is under it, so it proves nothing of the talk:
not that there was any, nor when, nor with whom. What should be dated or named, people write into
the text. The key is of one channel, so a signature says nothing of its signer in another.

A text to sign is taken in NFC, each line ended by "\\n" alone, and without signs that do not show:
what is signed must be what is seen. Two sign the same text if its bytes are the same.

The body of the event `text.sign` is {"text": text, "signature": 64 bytes}. The file is JSON:

    {"format": "tracktwo signed text 1", "text": text,
     "signatures": [{"key": 64 hexadecimal digits, "signature": 128}, ... one a key]}
"""

from __future__ import annotations

import hashlib
import json
import unicodedata
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import ed25519
from nacl.bindings import crypto_core_ed25519_is_valid_point

from tracktwo.channel.card import Card
from tracktwo.channel.event import is_bytes
from tracktwo.encoding import encode
from tracktwo.errors import BadInput, Malformed
from tracktwo.said import said

SIGN = "text.sign"
"""Kind of the event by which a member shows a text and its signature."""
LONGEST = 150_000
"""Bytes of a text; an event has room for more, and the largest envelope for that."""

_DOMAIN, _VERSION = "tracktwo signed text", 1
_KEY, _SIGNATURE = 32, 64
_FORMAT = "tracktwo signed text 1"
_UNSEEN = ("Cc", "Cf", "Cn", "Co", "Cs", "Zl", "Zp")
_NEEDED = "\n\t\u200c\u200d\u200e\u200f"  # Persian and Arabic are not written without the last four


@dataclass(frozen=True, slots=True)
class SignedText:
    """A text and signatures over it, right or wrong: (key, signature), sorted, one a key."""

    text: str
    signatures: tuple[tuple[bytes, bytes], ...]

    def write(self) -> bytes:
        """The file. It names nobody: who has which key is for whoever shows it to say."""
        rows = [{"key": key.hex(), "signature": sig.hex()} for key, sig in self.signatures]
        whole = {"format": _FORMAT, "text": self.text, "signatures": rows}
        return (json.dumps(whole, ensure_ascii=False, indent=2) + "\n").encode()


def to_sign(data: bytes) -> str:
    """The text of a file as it is signed. Raises BadInput if it is none to sign."""
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise BadInput("What is to be signed is no text in UTF-8.") from None
    text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
    require_signable(text)
    return text


def require_signable(text: str) -> None:
    """Raise BadInput unless all of a text shows, there is some, and it is not too long."""
    if not text.strip():
        raise BadInput("There is nothing to sign.")
    size = len(text.encode(errors="surrogatepass"))
    if size > LONGEST:
        raise BadInput(
            said(
                "This text is too long to be signed: {size} of at most {most} bytes.",
                size=size,
                most=LONGEST,
            )
        )
    for number, line in enumerate(text.split("\n"), start=1):
        for sign in line:
            if unicodedata.category(sign) in _UNSEEN and sign not in _NEEDED:
                raise BadInput(
                    said(
                        "Line {number} has a sign that does not show, {sign}: what is signed must"
                        " be what is seen.",
                        number=number,
                        sign=f"U+{ord(sign):04X}",
                    )
                )
    if not unicodedata.is_normalized("NFC", text):
        raise BadInput("This text is not in NFC, so that another could look the same.")


def signed_bytes(text: str) -> bytes:
    """What the signature is over."""
    return encode([_DOMAIN, _VERSION, text])


def sign(private: bytes, text: str) -> bytes:
    """The signature of a text by the Ed25519 key of these 32 bytes."""
    return ed25519.Ed25519PrivateKey.from_private_bytes(private).sign(signed_bytes(text))


def is_right(key: bytes, text: str, signature: bytes) -> bool:
    """Whether this is the signature of that text by whoever has the private half of a key."""
    if not crypto_core_ed25519_is_valid_point(key):  # one of small order agrees to any text
        return False
    try:
        ed25519.Ed25519PublicKey.from_public_bytes(key).verify(signature, signed_bytes(text))
    except (InvalidSignature, ValueError):
        return False
    return True


def fingerprint(key: bytes) -> str:
    """What people compare of a key: 160 bits in ten groups of four hexadecimal digits."""
    digits = hashlib.blake2b(key, digest_size=20, person=b"tracktwo signer").hexdigest()
    return " ".join(digits[at : at + 4] for at in range(0, len(digits), 4))


def read_body(body: object) -> tuple[str, bytes]:
    """Text and signature of an event. Raises Malformed."""
    match body:
        case {"text": str(text), "signature": signature, **more} if (
            not more and is_bytes(signature, _SIGNATURE) and _is_text(text)
        ):
            return text, signature
        case _:
            raise Malformed("This is no signed text.")


def require_right(card: Card, body: object) -> None:
    """Raise Malformed unless a member signed what its event shows."""
    if not is_right(card.text, *read_body(body)):
        raise Malformed("A member shows a text that it did not sign.")


def read_file(data: bytes) -> SignedText:
    """The text and signatures of a file, not checked. Raises BadInput if it is no such file."""
    try:
        whole = json.loads(data.decode("utf-8-sig"), object_pairs_hook=_once)
        found = _read_plain(whole)
    except (ValueError, RecursionError, Malformed):
        raise BadInput("This is no file of a signed text, or it is damaged.") from None
    return found


def _once(pairs: list[tuple[str, object]]) -> dict[str, object]:
    """An object. Raises Malformed if a name is there twice: which counts, readers differ in."""
    if len({name for name, _ in pairs}) != len(pairs):
        raise Malformed("A name is there twice.")
    return dict(pairs)


def _read_plain(whole: object) -> SignedText:
    match whole:
        case {"format": str(kind), "text": str(text), "signatures": [_, *_] as rows, **more} if (
            kind == _FORMAT and _is_text(text) and not more
        ):
            signatures = sorted(_read_row(row) for row in rows)
        case _:
            raise Malformed("This is no file of a signed text.")
    if len({key for key, _ in signatures}) != len(signatures):
        raise Malformed("One key is there twice.")
    return SignedText(text, tuple(signatures))


def _read_row(row: object) -> tuple[bytes, bytes]:
    match row:
        case {"key": str(key), "signature": str(signature), **more} if not more:
            found = bytes.fromhex(key), bytes.fromhex(signature)
            if (len(found[0]), len(found[1])) == (_KEY, _SIGNATURE):
                return found
    raise Malformed("This is no signature.")


def _is_text(text: str) -> bool:
    """Whether this can be encoded, and is not too long."""
    try:
        return 0 < len(text.encode()) <= LONGEST
    except UnicodeEncodeError:
        return False
