"""Sessions: begun from either end, moved forward alone, healed when they are lost."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from network import FragileStore
from network import card as new_card
from tracktwo.channel.sessions import Sessions
from tracktwo.errors import Malformed


class Side:
    """One end: keys, card, sessions in a file of their own."""

    def __init__(self, folder: Path, name: str) -> None:
        self.keys, self.card = new_card(name)
        self.id = self.card.member(bytes(16))
        self.store = FragileStore(folder / f"{name}.db", bytes(32))
        self.store.do("PRAGMA synchronous=OFF")
        self.sessions = Sessions(self.store, self.keys)

    def seal(self, to: Side, plain: bytes) -> tuple[int, bytes]:
        return self.sessions.seal(to.id, to.card, plain)

    def open(self, by: Side, sealed: tuple[int, bytes]) -> bytes:
        return self.sessions.open(by.id, by.card.curve, *sealed)

    def pickles(self) -> list[tuple[str, str]]:
        return self.store.rows("SELECT id, pickle FROM session ORDER BY id")


@pytest.fixture
def ada(tmp_path: Path) -> Side:
    return Side(tmp_path, "Ada")


@pytest.fixture
def ben(tmp_path: Path) -> Side:
    return Side(tmp_path, "Ben")


def test_what_one_seals_the_other_opens_both_ways(ada: Side, ben: Side) -> None:
    for at in range(10):
        assert ben.open(ada, ada.seal(ben, b"to Ben %d" % at)) == b"to Ben %d" % at
        assert ada.open(ben, ben.seal(ada, b"to Ada %d" % at)) == b"to Ada %d" % at
    assert len(ada.pickles()) == len(ben.pickles()) == 1


def test_two_who_begin_at_once_understand_each_other_ever_after(ada: Side, ben: Side) -> None:
    crossing = [(ben.seal(ada, b"1"), ada.seal(ben, b"1")) for _ in range(3)]
    for to_ada, to_ben in crossing:
        assert ada.open(ben, to_ada) == b"1"
        assert ben.open(ada, to_ben) == b"1"
    for at in range(20):
        to_ada, to_ben = ben.seal(ada, b"%d" % at), ada.seal(ben, b"%d" % at)
        assert ada.open(ben, to_ada) == b"%d" % at
        assert ben.open(ada, to_ben) == b"%d" % at
    assert len(ada.pickles()) == 2


@settings(max_examples=examples(30))
@given(st.data())
def test_any_order_of_up_to_forty_is_opened(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("order")
    ada, ben = Side(folder, "Ada"), Side(folder, "Ben")
    if data.draw(st.booleans()):
        ada.open(ben, ben.seal(ada, b"first"))
    sealed = [ada.seal(ben, b"%d" % at) for at in range(30)]
    order = data.draw(st.permutations(range(30)))
    assert [ben.open(ada, sealed[at]) for at in order] == [b"%d" % at for at in order]


def test_what_was_opened_is_not_opened_again_once_a_session_stands(ada: Side, ben: Side) -> None:
    ada.open(ben, ben.seal(ada, b"begin"))
    sealed = ada.seal(ben, b"once")
    assert ben.open(ada, sealed) == b"once"
    before = ben.pickles()
    with pytest.raises(Malformed):
        ben.open(ada, sealed)
    assert ben.pickles() == before


def test_what_is_changed_on_the_way_moves_no_session(ada: Side, ben: Side) -> None:
    for _ in range(2):  # a message that begins a session, and one after
        kind, sealed = ada.seal(ben, b"hello")
        before = ben.pickles()
        for at in range(len(sealed)):
            changed = sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :]
            with pytest.raises(Malformed):
                ben.open(ada, (kind, changed))
        assert ben.pickles() == before
        assert ben.open(ada, (kind, sealed)) == b"hello"
        ada.open(ben, ben.seal(ada, b"answer"))


@settings(max_examples=examples(300))
@given(st.sampled_from([0, 1, 2]), st.binary(max_size=200))
def test_bytes_of_a_liar_are_malformed(
    tmp_path_factory: pytest.TempPathFactory, kind: int, olm: bytes
) -> None:
    ben = _ben(tmp_path_factory)
    with pytest.raises(Malformed):
        ben.sessions.open(bytes(16), ben.card.curve, kind, olm)
    with pytest.raises(Malformed):
        ben.sessions.begin(bytes(16), ben.card.curve, olm)


_KEPT: dict[str, Side] = {}


def _ben(factory: pytest.TempPathFactory) -> Side:
    if not _KEPT:
        _KEPT["Ben"] = Side(factory.mktemp("liar"), "Ben")
    return _KEPT["Ben"]


@pytest.mark.parametrize("curve", [b"", bytes(31), bytes(32), b"\xff" * 32])
def test_a_session_begins_only_under_the_key_its_member_is_known_by(
    ada: Side, ben: Side, curve: bytes
) -> None:
    _, sealed = ada.seal(ben, b"hello")
    with pytest.raises(Malformed):
        ben.sessions.begin(ada.id, curve, sealed)
    with pytest.raises(Malformed):
        ben.sessions.begin(ada.id, new_card()[1].curve, sealed)
    assert ben.pickles() == []


def test_a_retired_session_opens_still_and_seals_no_more(ada: Side, ben: Side) -> None:
    ben.open(ada, ada.seal(ben, b"1"))
    under_way = ada.seal(ben, b"2")
    ben.sessions.retire(ada.id)
    fresh = ben.seal(ada, b"3")
    assert fresh[0] == 0
    assert ben.open(ada, under_way) == b"2"
    assert ada.open(ben, fresh) == b"3"
    assert ben.open(ada, ada.seal(ben, b"4")) == b"4"
    assert len(ben.pickles()) == 2


def test_a_lost_session_is_replaced_from_either_end(ada: Side, ben: Side) -> None:
    ben.open(ada, ada.seal(ben, b"1"))
    ben.sessions.forget(ada.id)
    with pytest.raises(Malformed):
        ben.open(ada, (1, ada.seal(ben, b"2")[1]))
    assert ada.open(ben, ben.seal(ada, b"3")) == b"3"
    assert ben.open(ada, ada.seal(ben, b"4")) == b"4"


def test_few_sessions_are_kept_and_the_newest_are_among_them(ada: Side, ben: Side) -> None:
    for at in range(9):
        ada.sessions.retire(ben.id)
        assert ben.open(ada, ada.seal(ben, b"%d" % at)) == b"%d" % at
    assert len(ada.pickles()) == len(ben.pickles()) == 5
    assert ada.open(ben, ben.seal(ada, b"answer")) == b"answer"


def test_a_crash_before_the_end_of_a_transaction_opens_the_same_again(ada: Side, ben: Side) -> None:
    sealed = ada.seal(ben, b"hello")
    with pytest.raises(KeyboardInterrupt), ben.store.transaction():  # noqa: PT012 - the whole of it is to fail
        assert ben.open(ada, sealed) == b"hello"
        raise KeyboardInterrupt
    assert ben.open(ada, sealed) == b"hello"


def test_two_who_lost_each_other_begin_anew_though_each_knows_an_old_key(
    ada: Side, ben: Side
) -> None:
    """The cards they have of each other are three renewals old."""
    for side in (ada, ben):
        for _ in range(3):
            side.keys.renew()
    assert ben.open(ada, ada.seal(ben, b"hello")) == b"hello"
    assert ada.open(ben, ben.seal(ada, b"hello")) == b"hello"
