"""A signature is over the text alone, and right for that text and that key alone."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from nacl.exceptions import BadSignatureError
from nacl.signing import SigningKey, VerifyKey

from effort import examples
from hostile import damaged, trees
from tracktwo.channel import signed_text
from tracktwo.channel.event import LIMIT, Event
from tracktwo.channel.keys import Keys
from tracktwo.channel.signed_text import (
    LONGEST,
    SignedText,
    fingerprint,
    is_right,
    read_body,
    read_file,
    sign,
    signed_bytes,
    to_sign,
)
from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed

VECTORS = json.loads(
    (Path(__file__).parents[1] / "vectors" / "ed25519.json").read_text(encoding="utf-8")
)["signatures"]
TEXT = "Both villages keep the well.\nЗгода. اتفاق.\n"


def key(number: int) -> tuple[bytes, bytes]:
    """A private key and its public half."""
    private = bytes([number]) * 32
    return private, bytes(SigningKey(private).verify_key)


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["source"])
def test_the_primitive_is_ed25519_of_rfc_8032(vector: dict[str, str]) -> None:
    secret, public, message, signature = (
        bytes.fromhex(vector[name]) for name in ("secret", "public", "message", "signature")
    )
    private = signed_text.ed25519.Ed25519PrivateKey.from_private_bytes(secret)
    assert private.public_key().public_bytes_raw() == public
    assert private.sign(message) == signature


def test_what_is_signed_is_drawn_to_the_byte() -> None:
    assert signed_bytes("ab") == b"\x83\x74tracktwo signed text\x01\x62ab"
    assert decode(signed_bytes(TEXT), limit=LIMIT) == ["tracktwo signed text", 1, TEXT]


def test_another_implementation_takes_the_signature_over_those_bytes_and_over_no_others() -> None:
    private, public = key(1)
    signature = sign(private, TEXT)
    VerifyKey(public).verify(signed_bytes(TEXT), signature)
    with pytest.raises(BadSignatureError):
        VerifyKey(public).verify(TEXT.encode(), signature)


def test_a_changed_text_another_key_and_a_changed_signature_are_wrong() -> None:
    private, public = key(1)
    signature = sign(private, TEXT)
    assert is_right(public, TEXT, signature)
    assert not is_right(key(2)[1], TEXT, signature)
    for other in (TEXT + " ", TEXT[:-1], TEXT.replace("Both", "both"), ""):
        assert not is_right(public, other, signature)
    for at in range(64):
        for bit in (1, 0x80):
            changed = signature[:at] + bytes([signature[at] ^ bit]) + signature[at + 1 :]
            assert not is_right(public, TEXT, changed)
    for length in (0, 63, 65):
        assert not is_right(public, TEXT, (signature + b"\0")[:length])


def test_keys_that_agree_to_any_text_are_right_for_none() -> None:
    identity = (1).to_bytes(32, "little")
    nothing = identity + bytes(32)  # R is the neutral element, S is 0
    for point in (identity, bytes(32), (2**255 - 20).to_bytes(32, "little"), b"\xff" * 32):
        assert not is_right(point, TEXT, nothing)


def test_one_signature_has_one_spelling() -> None:
    """S + order of the group would verify where it is not refused."""
    private, public = key(1)
    signature = sign(private, TEXT)
    order = 2**252 + 27742317777372353535851937790883648493
    twin = int.from_bytes(signature[32:], "little") + order
    assert not is_right(public, TEXT, signature[:32] + twin.to_bytes(32, "little"))


def test_the_key_in_a_card_is_the_one_that_signs() -> None:
    keys = Keys.draw()
    card = keys.card(relay="", pseudonym="Ada", side="", role="convener")
    assert is_right(card.text, TEXT, sign(keys.text, TEXT))
    assert not is_right(Keys.draw().card(relay="", pseudonym="Ada", side="", role="convener").text,
                        TEXT, sign(keys.text, TEXT))  # fmt: skip


# What can be signed


def test_the_same_words_from_other_machines_are_the_same_text() -> None:
    plain = to_sign("Café\nand so on\n".encode())
    for other in ("Cafe\u0301\nand so on\n", "Café\r\nand so on\r\n", "\ufeffCafé\nand so on\n"):
        assert to_sign(other.encode()) == plain


@pytest.mark.parametrize(
    "data",
    [b"", b" \n\t\n", b"\xff\xfe", "a\u202eb".encode(), b"a\x1b[2Jb", b"a\0b", b"a\rb",
     "a\u200bb".encode(), "a\u2066b".encode(), "a\u2028b".encode(), "a\ue000b".encode(),
     "a\U000e0041b".encode(), "a\u0378b".encode()],
)  # fmt: skip
def test_what_is_empty_no_text_or_not_all_seen_is_not_signed(data: bytes) -> None:
    with pytest.raises(BadInput):
        to_sign(data)


def test_the_refusal_says_which_sign_in_which_line() -> None:
    with pytest.raises(BadInput, match=r"Line 2 .* U\+202E"):
        to_sign("fine\nnot\u202e fine".encode())


def test_texts_of_every_language_of_the_page_are_signed() -> None:
    for text in ("Perjanjian", "Угода — «так»\u00a0\u2116 5", "می\u200cخواهم\u200f", "\t1. Yes"):
        assert to_sign(text.encode()) == text


def test_the_longest_text_fits_an_event_and_one_byte_more_is_refused_in_a_sentence() -> None:
    private, _ = key(1)
    text = "é" * (LONGEST // 2)
    assert to_sign(text.encode()) == text
    body = {"text": text, "signature": sign(private, text)}
    event = Event(bytes(16), bytes(16), 0, 1, b"", (), "text.sign", body, 1)
    assert len(event.encode()) < LIMIT
    with pytest.raises(BadInput, match="too long to be signed: 150,001 of at most 150,000 bytes"):
        to_sign(text.encode() + b"x")


# What comes from others


def test_an_event_is_read_only_if_it_is_a_text_and_a_signature() -> None:
    assert read_body({"text": "a", "signature": bytes(64)}) == ("a", bytes(64))
    for wrong in (
        *(None, {}, [], {"text": "a"}, {"signature": bytes(64)}),
        {"text": "a", "signature": bytes(63)},
        {"text": "a", "signature": "0" * 64},
        {"text": b"a", "signature": bytes(64)},
        {"text": "", "signature": bytes(64)},
        {"text": "a" * (LONGEST + 1), "signature": bytes(64)},
        {"text": "a", "signature": bytes(64), "time": 1},
    ):
        with pytest.raises(Malformed):
            read_body(wrong)


@settings(max_examples=examples(300))
@given(damaged(encode({"text": TEXT, "signature": bytes(64)})))
def test_no_bytes_of_an_event_do_more_than_be_refused(data: bytes) -> None:
    try:
        text, signature = read_body(decode(data, limit=LIMIT))
    except Malformed:
        return
    assert not is_right(key(1)[1], text, signature)


# The file


def signed_by(*numbers: int) -> SignedText:
    pairs = sorted((key(n)[1], sign(key(n)[0], TEXT)) for n in numbers)
    return SignedText(TEXT, tuple(pairs))


def test_a_file_says_the_text_and_the_signatures_and_nothing_else() -> None:
    data = signed_by(1, 2).write()
    assert read_file(data) == signed_by(1, 2)
    assert read_file(data.replace(b"\n", b"\r\n")) == signed_by(1, 2)  # as a mail may bring it
    whole = json.loads(data)
    assert list(whole) == ["format", "text", "signatures"]
    assert {name for row in whole["signatures"] for name in row} == {"key", "signature"}


def changed(**parts: Any) -> bytes:  # noqa: ANN401 - any JSON
    return json.dumps(json.loads(signed_by(1, 2).write()) | parts).encode()


def test_what_is_no_such_file_is_refused_in_a_sentence() -> None:
    row = json.loads(signed_by(1).write())["signatures"][0]
    twice = signed_by(1).write().replace(b'"text":', b'"text": "Another.", "text":')
    for wrong in (
        *(b"", b"{}", b"[]", b"null", b"\xff", b"[" * 100_000, b"1" * 10_000, twice),
        *(changed(format="tracktwo signed text 2"), changed(text=""), changed(text="\ud800")),
        *(changed(signatures=[]), changed(signatures=[row, row]), changed(signed_at=1)),
        *(changed(signatures=[row | {"name": "Ada"}]), changed(signatures=[{"key": row["key"]}])),
        *(changed(signatures=[row | {"key": "zz"}]), changed(signatures=[row | {"key": "00"}])),
        changed(text="a" * (LONGEST + 1)),
    ):
        with pytest.raises(BadInput, match="no file of a signed text, or it is damaged"):
            read_file(wrong)


@settings(max_examples=examples(300))
@given(st.one_of(st.binary(max_size=200), trees().map(lambda tree: repr(tree).encode())))
def test_no_bytes_of_a_file_do_more_than_be_refused(data: bytes) -> None:
    with pytest.raises(BadInput):
        read_file(data)


def test_a_fingerprint_is_of_the_key_alone_and_differs_with_it() -> None:
    one, two = fingerprint(key(1)[1]), fingerprint(key(2)[1])
    assert one != two
    assert [len(group) for group in one.split(" ")] == 10 * [4]
    assert fingerprint(key(1)[1]) == one
