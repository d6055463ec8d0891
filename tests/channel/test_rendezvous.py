"""Coming in by a code: one guess, and nothing for who only listens.

The relay here is the one in memory (network.py): what is tested is what each side does with what it
is given, and the real relay is used in the tests of the whole program.
"""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from effort import examples
from hostile import damaged, trees
from network import ADDRESS, Network, Person
from tracktwo.channel import rendezvous
from tracktwo.channel.envelope import mid_of
from tracktwo.channel.invite import Invitation
from tracktwo.channel.post import Delivery
from tracktwo.channel.rendezvous import Code, Meeting, attend_doors, open_door, read_code
from tracktwo.channel.replica import Replica
from tracktwo.encoding import encode
from tracktwo.errors import BadInput, Malformed


def door(network: Network) -> tuple[Person, Invitation, Code]:
    ada = network.found("Ada")
    invitation = network.invite("Ada")
    return ada, invitation, open_door(ada.replica, invitation)


def attend(network: Network, person: Person) -> int:
    return answered(network, person.replica)


def answered(network: Network, replica: Replica) -> int:
    return attend_doors(replica, network.relay)  # type: ignore[arg-type]


def knock(network: Network, meeting: Meeting) -> Invitation | None:
    return meeting.go_on(ADDRESS, network.relay, 0)  # type: ignore[arg-type]


def test_who_has_the_code_gets_the_invitation_and_comes_in(network: Network) -> None:
    ada, invitation, code = door(network)
    meeting = Meeting.begin(read_code(str(code)))
    assert knock(network, meeting) is None
    assert attend(network, ada) == 1
    found = knock(network, Meeting(meeting.number, meeting.state))  # the state survives a restart
    assert found == invitation
    network.join("Ben", found)
    network.settle()
    assert ada.names() == {"Ada", "Ben"}
    assert attend(network, ada) == 0


def test_a_wrong_guess_closes_the_door_for_everybody(network: Network) -> None:
    ada, _, code = door(network)
    words = next(word for word in ("able-zoo", "abandon-zoo") if word != code.words)
    guess = Meeting.begin(Code(code.number, words))
    knock(network, guess)
    assert attend(network, ada) == 1
    with pytest.raises(BadInput, match="closed"):
        knock(network, guess)
    with pytest.raises(BadInput, match="closed"):
        knock(network, Meeting.begin(code))
    assert attend(network, ada) == 0
    assert ada.store.rows("SELECT state, words, invitation, reply FROM rendezvous") == [
        ("closed", "", b"", None)
    ]


def test_what_passes_shows_neither_words_nor_invitation(network: Network) -> None:
    ada, invitation, code = door(network)
    meeting = Meeting.begin(code)
    knock(network, meeting)
    attend(network, ada)
    passed = b"".join(network.relay.put_bytes)
    assert len(network.relay.put_bytes) == 2
    for secret in (code.words.encode(), invitation.token, invitation.id, invitation.channel):
        assert secret not in passed
    assert {len(one) for one in network.relay.put_bytes} <= set(rendezvous.BUCKETS)


def test_a_door_is_closed_when_its_time_is_over(network: Network) -> None:
    ada, _, code = door(network)
    network.clock.pass_by(8 * 86_400)
    meeting = Meeting.begin(code)
    knock(network, meeting)
    assert attend(network, ada) == 0
    assert knock(network, meeting) is None
    assert ada.store.rows("SELECT state, words FROM rendezvous") == [("closed", "")]


def test_two_processes_of_one_person_at_one_door_answer_once(
    network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    ada, invitation, code = door(network)
    meeting = Meeting.begin(code)
    knock(network, meeting)
    other, get = Replica(ada._open(), network.clock), network.relay.get

    def while_the_other_attends(*what: Any) -> list[Delivery]:  # noqa: ANN401 - as Post
        monkeypatch.undo()
        came = get(*what)
        assert answered(network, other) == 1
        return came

    monkeypatch.setattr(network.relay, "get", while_the_other_attends)
    assert attend(network, ada) == 0
    assert len(network.relay.put_bytes) == 2
    assert knock(network, meeting) == invitation


def test_a_door_whose_answer_nobody_can_post_is_closed_when_its_time_is_over(
    network: Network,
) -> None:
    ada, _, code = door(network)
    knock(network, Meeting.begin(code))
    network.relay.fate = lambda _: "refuse"
    assert attend(network, ada) == 0
    assert ada.store.one("SELECT state FROM rendezvous") == "answered"
    network.clock.pass_by(8 * 86_400)
    assert attend(network, ada) == 0
    assert ada.store.rows("SELECT state, reply FROM rendezvous") == [("closed", None)]


def put(network: Network, code: Code, which: int, data: bytes) -> None:
    box = rendezvous._boxes(code.number)[which]
    network.relay.make_mailbox(ADDRESS, box.receive, box.send)
    network.relay.put(ADDRESS, box.send, mid_of(data), data)


@settings(max_examples=examples(30))
@given(st.data())
def test_noise_at_the_door_closes_it_and_stops_nothing(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    network = Network(tmp_path_factory.mktemp("door"))
    ada, _, code = door(network)
    good = encode([1, b"A" + bytes(32)])
    plain = data.draw(
        st.one_of(
            damaged(good),
            st.binary(min_size=32, max_size=32).map(lambda point: encode([1, b"A" + point])),
            trees().map(lambda tree: encode([1, tree])),
        )
    )
    raw = data.draw(st.sampled_from([plain, len(plain).to_bytes(4) + plain + bytes(9)]))
    put(network, code, 0, raw)
    attend(network, ada)
    attend(network, ada)
    assert ada.store.rows("SELECT state, words, invitation FROM rendezvous") == [
        ("closed", "", b"")
    ]
    ada.sync()
    network.close()


def test_a_point_that_is_not_on_the_curve_closes_the_door(network: Network) -> None:
    ada, _, code = door(network)
    for y in range(2, 12):
        code = open_door(ada.replica, network.invite("Ada"))
        put(network, code, 0, rendezvous._padded([1, b"A" + y.to_bytes(32, "little")]))
    attend(network, ada)
    assert ada.store.one("SELECT count(*) FROM rendezvous WHERE state = 'open'") == 1


@settings(max_examples=examples(30))
@given(st.data())
def test_noise_for_an_answer_is_said_to_be_a_wrong_code(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    network = Network(tmp_path_factory.mktemp("answer"))
    code = Code("41377", "able-zoo")
    meeting = Meeting.begin(code)
    good = encode([1, b"B" + bytes(32), bytes(100)])
    plain = data.draw(
        st.one_of(
            damaged(good),
            st.binary(min_size=32, max_size=32).map(
                lambda point: encode([1, b"B" + point, bytes(64)])
            ),
        )
    )
    put(network, code, 1, len(plain).to_bytes(4) + plain)
    with pytest.raises(BadInput, match="not the one"):
        knock(network, meeting)


def test_our_own_knock_given_back_is_no_answer(network: Network) -> None:
    code = Code("41377", "able-zoo")
    meeting = Meeting.begin(code)
    knock(network, meeting)
    (own,) = network.relay.put_bytes
    put(network, code, 1, own)
    with pytest.raises(BadInput):
        knock(network, meeting)


@given(damaged(encode([1, bytes(33), bytes(100)])))
def test_bytes_of_a_liar_are_a_message_or_malformed(plain: bytes) -> None:
    for data in (plain, len(plain).to_bytes(4) + plain):
        try:
            parts = rendezvous._read(data, 2)
        except Malformed:
            continue
        assert all(isinstance(part, bytes) for part in parts)


@given(st.one_of(st.text(), st.text("0123456789-able zo", max_size=20)))
def test_whatever_is_typed_is_a_code_or_bad_input(text: str) -> None:
    try:
        code = read_code(text)
    except BadInput:
        return
    assert code.number.isascii()
    assert len(code.number) == 5


@pytest.mark.parametrize(
    "text", ["41377-able-zoo", " 41377 ABLE zoo\n", "41377-Able-Zoo", "４１３７７-able-zoo"]
)
def test_a_code_is_read_as_people_write_it(text: str) -> None:
    assert read_code(text) == Code("41377", "able-zoo")


@pytest.mark.parametrize(
    "text", ["", "41377", "4137-able-zoo", "41377-able", "41377-able-zooo", "٤١٣٧٧-able-zoo"]
)
def test_what_is_no_code_is_told_to_be_none(text: str) -> None:
    with pytest.raises(BadInput):
        read_code(text)


def test_nothing_that_holds_the_words_shows_them() -> None:
    code = Code("41377", "able-zoo")
    assert repr(code) == "Code(<secret>)"
    assert "able" not in repr(Meeting.begin(code))
