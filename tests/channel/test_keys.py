"""A member's own keys: kept whole, renewed without losing what is under way."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, x25519

from network import ADDRESS, FragileStore
from network import card as new_card
from tracktwo.channel import card as cards
from tracktwo.channel.envelope import Frame, open_envelope, seal
from tracktwo.channel.keys import KEPT, Keys
from tracktwo.channel.store import Store

FRAME = Frame(bytes(16), 1, 1, b"olm", bytes(32))


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return FragileStore(tmp_path / "channel.db", bytes(32))


def test_keys_are_loaded_as_they_were_saved(store: Store) -> None:
    keys, _ = new_card()
    for _ in range(2):
        keys.renew()
    keys.save(store)
    again = Keys.load(store)
    words = {"relay": ADDRESS, "pseudonym": "Ada", "side": "", "role": "convener"}
    assert again.card(**words) == keys.card(**words)
    assert (again.hpke, again.receive, again.retired) == (keys.hpke, keys.receive, keys.retired)
    assert (again.mac, again.text) == (keys.mac, keys.text)
    assert again.retired_send == keys.retired_send
    assert len(set(again.retired_send)) == len(again.retired) == 2


def test_a_card_shows_the_public_half_of_each_key_and_no_private_one() -> None:
    keys, card = new_card()
    mac = x25519.X25519PrivateKey.from_private_bytes(keys.mac).public_key()
    text = ed25519.Ed25519PrivateKey.from_private_bytes(keys.text).public_key()
    assert (card.mac, card.text) == (mac.public_bytes_raw(), text.public_bytes_raw())
    for secret in (keys.mac, keys.text, keys.hpke[0], keys.hpke[0][64:], keys.receive):
        assert secret not in card.encode()
    assert cards.read(card.encode()) == card


def test_no_two_draws_share_a_key() -> None:
    (one, first), (two, second) = new_card(), new_card()
    for name in ("curve", "mac", "text", "hpke", "fallback", "send"):
        assert getattr(first, name) != getattr(second, name)
    assert one.receive != two.receive


def test_renewing_changes_all_that_is_not_lasting_and_keeps_the_last_few() -> None:
    keys, before = new_card()
    sealed = [seal(FRAME, before.hpke)]
    inboxes = [keys.receive]
    for _ in range(KEPT):
        keys.renew()
        after = keys.card(relay=ADDRESS, pseudonym="Ada", side="", role="convener")
        assert after.lasting() == before.lasting()
        assert after.hpke != before.hpke
        assert after.fallback != before.fallback
        assert after.send != before.send
        sealed.append(seal(FRAME, after.hpke))
        inboxes.append(keys.receive)
        before = after
    assert len(keys.hpke) == KEPT
    assert [open_envelope(one, keys.hpke) for one in sealed] == [None] + [FRAME] * KEPT
    assert [keys.receive, *keys.retired] == inboxes[:0:-1]


def test_what_holds_secrets_shows_none_of_them() -> None:
    keys, _ = new_card()
    assert repr(keys) == "Keys(<secret>)"
