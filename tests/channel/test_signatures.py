"""Signed texts in a channel: all get them, nobody signs for another, nothing of the talk is in."""

from __future__ import annotations

from dataclasses import replace

import pytest

from network import DAY, Liar, Network, Person
from tracktwo.channel import renewal, signatures, signed_text, verify, view
from tracktwo.channel.charter import Charter
from tracktwo.channel.keys import Keys
from tracktwo.channel.signed_text import SIGN, is_right, read_file, signed_bytes
from tracktwo.channel.view import Line
from tracktwo.errors import BadInput

Trio = tuple[Person, Person, Person]
TEXT = "Both villages keep the well."


def signed_lines(person: Person) -> list[Line]:
    return [line for line in view.lines(person.replica, 0) if line.kind == SIGN]


def signers(person: Person) -> dict[str, list[str]]:
    return {
        agreed.text: [member.card.pseudonym for member in agreed.signers]
        for agreed in signatures.texts(person.replica)
    }


def signature_of(person: Person, text: str = TEXT) -> bytes:
    (event,) = [e for _, e in person.events() if e.author == person.replica.own and e.kind == SIGN]
    assert event.body["text"] == text
    signature: bytes = event.body["signature"]
    return signature


def test_a_signed_text_reaches_all_and_verifies_with_the_key_of_the_card(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    signatures.sign(ben.replica, TEXT)
    network.settle()
    for person in trio:
        (line,) = signed_lines(person)
        assert (line.text, line.signature, line.author.id) == (TEXT, "right", ben.replica.own)
        assert signers(person) == {TEXT: ["Ben"]}
        assert person.alarms() == []
    assert is_right(cleo.member(ben).card.text, TEXT, signature_of(ben))
    renewal.renew(ben.replica)
    network.settle()
    assert signers(ada) == {TEXT: ["Ben"]}


def test_who_signs_the_same_text_joins_who_signed_before(network: Network, trio: Trio) -> None:
    ada, ben, cleo = trio
    signatures.sign(ben.replica, TEXT)
    network.settle()
    signatures.sign(cleo.replica, TEXT)
    signatures.sign(ada.replica, TEXT + " ")  # looks the same, and is another
    network.settle()
    for person in trio:
        assert signers(person) == {TEXT: ["Ben", "Cleo"], TEXT + " ": ["Ada"]}
    for place in [line.place for line in signed_lines(ada) if line.text == TEXT]:
        assert signatures.at(ada.replica, place).text == TEXT
    files = {signatures.at(person.replica, _place(person)).signed().write() for person in trio}
    assert len(files) == 1
    found = read_file(files.pop())
    assert len(found.signatures) == 2
    assert all(is_right(key, found.text, signature) for key, signature in found.signatures)


def _place(person: Person) -> int:
    return next(agreed.place for agreed in signatures.texts(person.replica) if agreed.text == TEXT)


def test_a_person_is_told_whether_the_keys_were_compared(network: Network, trio: Trio) -> None:
    ada, ben, _ = trio
    signatures.sign(ben.replica, TEXT)
    network.settle()

    def note(person: Person) -> str:
        (line,) = signed_lines(person)
        return str(line.note)

    assert note(ben) == "Signed by Ben: the signature is right."
    assert "whose keys you have not compared" in note(ada)
    verify.compare(ada.replica, ada.member(ben), verify.number_of(ben.replica))
    assert note(ada) == "Signed by Ben: the signature is right."
    signatures.sign(ada.replica, TEXT)
    assert str(signed_lines(ada)[0].note).endswith("right. Signed too by: Ada.")


def test_nobody_signs_for_another_not_even_with_its_signature_under_the_same_text(
    network: Network, trio: Trio
) -> None:
    ada, ben, cleo = trio
    signatures.sign(ben.replica, TEXT)
    network.settle()
    with cleo.store.transaction():
        Liar(cleo).tell(
            [ada, ben], "", kind=SIGN, body={"text": TEXT, "signature": signature_of(ben)}
        )
    network.settle()
    for person in (ada, ben):
        assert signers(person) == {TEXT: ["Ben"]}
        wrong = [line for line in signed_lines(person) if line.author.id == cleo.replica.own]
        assert [line.signature for line in wrong] == ["wrong"]
        assert str(wrong[0].note) == "The signature is wrong: Cleo has not signed this."
        assert [kind for kind, about, _ in person.alarms() if about == cleo.replica.own] == [
            "nonsense"
        ]


def test_a_signature_of_one_text_is_none_of_another(network: Network, trio: Trio) -> None:
    ada, ben, _ = trio
    signatures.sign(ben.replica, TEXT)
    forged = {"text": TEXT.replace("Both", "No"), "signature": signature_of(ben)}
    Liar(ben).tell([ada], "", kind=SIGN, body=forged, chain="other")
    ben.sync()
    ada.sync()
    assert TEXT.replace("Both", "No") not in signers(ada)


def test_a_signature_of_one_channel_is_nobodys_in_another(
    network: Network, trio: Trio, tmp_path_factory: pytest.TempPathFactory
) -> None:
    _, ben, _ = trio
    signatures.sign(ben.replica, TEXT)
    other = Network(tmp_path_factory.mktemp("other"))
    other.found("Ada")
    there, thief = other.let_in("Ben", by="Ada"), other.let_in("Thief", by="Ada")
    body = {"text": TEXT, "signature": signature_of(ben)}
    for liar in (there, thief):  # the same Ben, and somebody who has heard both
        Liar(liar).tell([other.person("Ada")], "", kind=SIGN, body=body)
    other.settle()
    ada = other.person("Ada")
    assert signers(ada) == {}
    assert [line.signature for line in signed_lines(ada)] == ["wrong", "wrong"]
    other.close()


def test_a_key_that_two_members_show_counts_once(network: Network, trio: Trio) -> None:
    """A convener may let in whom it likes, with a key that it has seen."""
    ada, ben, cleo = trio
    signatures.sign(ben.replica, TEXT)
    network.settle()
    card = replace(cleo.replica.me.card, text=ben.replica.me.card.text)
    ada.store.do("UPDATE member SET card = ? WHERE id = ?", card.encode(), cleo.replica.own)
    Liar(cleo).tell([ada], "", kind=SIGN, body={"text": TEXT, "signature": signature_of(ben)})
    network.settle()
    assert signers(ada) == {TEXT: ["Ben"]}


def test_what_is_signed_depends_on_the_text_alone(network: Network, trio: Trio) -> None:
    """Whatever was said before, by whom, when and to whom: the signature is the same bytes."""
    ada, ben, _ = trio
    private = Keys.load(ben.store).text
    copy = ben.back_up()
    signatures.sign(ben.replica, TEXT)
    first = signature_of(ben)
    ben.put_back(copy)
    for person in (ada, ben):
        person.say("something else entirely")
    network.settle()
    network.clock.pass_by(30 * DAY)
    network.let_in("Dan", by="Ada")
    signatures.sign(ben.replica, TEXT)
    assert signature_of(ben) == first
    assert Keys.load(ben.store).text == private
    known = [ben.replica.channel, ben.replica.own, *(ident for ident, _ in ben.events())]
    assert not any(part in signed_bytes(TEXT) for part in known)


def test_a_text_is_signed_once_by_each(network: Network, trio: Trio) -> None:
    _, ben, _ = trio
    signatures.sign(ben.replica, TEXT)
    with pytest.raises(BadInput, match="signed this text already: place"):
        signatures.sign(ben.replica, TEXT)


def test_what_another_signed_is_not_signed_blindly(network: Network, trio: Trio) -> None:
    """A hostile text that shows otherwise than it is can be sent, and is not joined."""
    ada, ben, _ = trio
    hostile = "We pay \u202e001\u202c."
    signature = signed_text.sign(Keys.load(ben.store).text, hostile)
    ben.replica.say(SIGN, {"text": hostile, "signature": signature})
    network.settle()
    assert signers(ada) == {hostile: ["Ben"]}
    with pytest.raises(BadInput, match="does not show"):
        signatures.sign(ada.replica, signatures.at(ada.replica, None).text)


def test_a_place_without_a_signed_text_is_refused(network: Network, trio: Trio) -> None:
    ada, ben, _ = trio
    with pytest.raises(BadInput, match="No text is signed"):
        signatures.at(ada.replica, None)
    ada.say("talk")
    signatures.sign(ada.replica, TEXT)
    with pytest.raises(BadInput, match="at place 1"):
        signatures.at(ada.replica, 1)
    assert signatures.at(ada.replica, None).text == TEXT
    signatures.sign(ada.replica, "Another.")
    with pytest.raises(BadInput, match="several"):
        signatures.at(ada.replica, None)
    assert ben.texts() == []


def test_signed_texts_go_when_the_charter_says_so(network: Network) -> None:
    ada = network.found("Ada", charter=Charter("A test", retention="delete", days=7))
    network.let_in("Ben", by="Ada")
    signatures.sign(ada.replica, TEXT)
    network.settle()
    network.clock.pass_by(8 * DAY)
    network.settle()
    for person in network.people.values():
        assert signatures.texts(person.replica) == []
        kept = [data for (data,) in person.store.rows("SELECT bytes FROM event") if data]
        assert not any(TEXT.encode() in data for data in kept)
        assert person.alarms() == []
