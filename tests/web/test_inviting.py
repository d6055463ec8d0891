"""Letting somebody in from the page."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from nodes import PASSPHRASE, Relay, channel_of
from tracktwo.channel import rendezvous
from tracktwo.channel.post import Post
from tracktwo.web.house import House
from visits import Visit


def test_a_number_whose_place_somebody_has_is_not_shown(
    relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (wren,) = channel_of(relay.address, tmp_path, pseudonyms=("Wren",))
    visit = Visit(House(wren.home), PASSPHRASE)
    visit.comes_in()
    with visit.house.node() as node:
        (ident,) = node.idents()
    place = rendezvous._boxes("20000")[1]
    with Post() as post:
        post.make_mailbox(relay.address, place.receive, secrets.token_bytes(32))
    numbers = iter([10_000, 10_001])
    monkeypatch.setattr(rendezvous.secrets, "randbelow", lambda _: next(numbers))
    path = f"/c/{ident}/invite"
    assert visit.post(path, {"role": "delegate", "side": "North"}).status_code == 303
    shown = visit.get(path).text
    assert "20001-" in shown
    assert "20000-" not in shown
