"""What a thief gets: not what comes after one round trip, nor anything from locked files."""

from __future__ import annotations

from pathlib import Path

import pytest
from vodozemac import Account, AnyOlmMessage, Session

from network import Network, Person
from tracktwo import keyfile
from tracktwo.channel import renewal
from tracktwo.channel.charter import Charter
from tracktwo.channel.envelope import open_envelope
from tracktwo.channel.keys import PICKLE_KEY, Keys
from tracktwo.channel.node import Node
from tracktwo.errors import BadInput

PASSPHRASE = "correct horse battery"  # noqa: S105 - a made-up one


class Thief:
    """A copy of all keys and sessions of a member at one time, and what it can read with them."""

    def __init__(self, person: Person) -> None:
        self.keys = Keys.load(person.store)
        self.account = Account.from_pickle(self.keys.account.pickle(PICKLE_KEY), PICKLE_KEY)
        pickles = person.store.rows("SELECT pickle FROM session")
        self.sessions = [Session.from_pickle(pickle, PICKLE_KEY) for (pickle,) in pickles]
        self.curves = [m.card.curve for m in person.replica.roster.others()]

    def frames(self, envelopes: list[bytes]) -> int:
        """How many outer boxes it opens."""
        return sum(open_envelope(one, self.keys.hpke) is not None for one in envelopes)

    def reads(self, envelopes: list[bytes], hpke: list[bytes]) -> list[bytes]:
        """What it reads, helped to open the outer box by keys it was given."""
        found = []
        for envelope in envelopes:
            frame = open_envelope(envelope, hpke)
            if frame is not None and frame.type < 2:
                found += self._open(AnyOlmMessage.from_parts(frame.type, frame.olm))
        return found

    def _open(self, message: AnyOlmMessage) -> list[bytes]:
        for session in self.sessions:
            try:
                return [session.decrypt(message)]
            except Exception:  # noqa: S112 - whatever refuses it
                continue
        pre_key = message.to_pre_key()
        for curve in self.curves if pre_key is not None else []:
            try:
                from vodozemac import Curve25519PublicKey

                key = Curve25519PublicKey.from_bytes(curve)
                session, plain = self.account.create_inbound_session(key, pre_key)
                self.sessions.append(session)
                return [plain]
            except Exception:  # noqa: S112 - as above
                continue
        return []


def to(network: Network, person: Person, since: int) -> list[bytes]:
    """What was posted since, and this member can open."""
    hpke = Keys.load(person.store).hpke
    return [one for one in network.relay.put_bytes[since:] if open_envelope(one, hpke) is not None]


def test_a_thief_reads_nothing_that_is_said_after_one_round_trip(network: Network) -> None:
    """A word to the robbed and its answer: what the thief follows all the while ends there."""
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    for person in (ada, ben):
        person.say("hello")
    network.settle()
    thief = Thief(ben)
    mark = len(network.relay.put_bytes)

    def heard() -> list[bytes]:
        """What it reads of all that went to the robbed since it last listened."""
        nonlocal mark
        since, mark = mark, len(network.relay.put_bytes)
        envelopes = to(network, ben, since)
        assert envelopes
        return thief.reads(envelopes, Keys.load(ben.store).hpke)

    def says(person: Person, text: str) -> None:
        """One word, and nothing else goes either way: an acknowledgement would be a trip more."""
        person.say(text)
        for each in (person, ada, ben):
            each.sync(acknowledge=False)

    for text in ("the thief reads this", "and this"):  # it follows: both were sealed in one chain
        says(ada, text)
        (read,) = heard()
        assert text.encode() in read
    says(ben, "an answer")
    says(ada, "nobody else reads this")
    assert heard() == []
    says(ada, "nor this")
    says(ben, "another answer")
    says(ada, "nor this after all")
    assert heard() == []
    assert {"nobody else reads this", "nor this", "nor this after all"} <= set(ben.texts())


def test_a_thief_opens_not_even_the_outer_box_after_the_keys_were_renewed(
    network: Network,
) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    thief = Thief(ben)
    renewal.renew(ben.replica)
    network.settle()
    mark = len(network.relay.put_bytes)
    ada.say("hello")
    network.settle()
    later = to(network, ben, mark)
    assert later
    assert thief.frames(later) == 0


def test_a_session_begun_anew_is_read_by_a_stolen_key_until_it_is_answered_or_the_key_renewed(
    network: Network,
) -> None:
    """A round trip after the theft does not end this; one after the beginning does."""
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    for person in (ada, ben):
        person.say("hello")
        network.settle()
    thief = Thief(ben)
    for person in (ben, ada):
        person.say("one round trip")
        network.settle()

    def is_read(word: str) -> bool:
        mark = len(network.relay.put_bytes)
        ada.say(word)
        network.settle()
        assert word in ben.texts()
        later = thief.reads(to(network, ben, mark), Keys.load(ben.store).hpke)
        return any(word.encode() in plain for plain in later)

    def loses_its_sessions(person: Person) -> None:
        with person.store.transaction():
            person.store.do("DELETE FROM session")

    assert not is_read("after one round trip")
    loses_its_sessions(ada)
    assert is_read("first word of a session begun anew")
    ben.say("an answer")
    network.settle()
    assert not is_read("after the answer")
    renewal.renew(ben.replica)
    network.settle()
    loses_its_sessions(ada)
    assert not is_read("first word to a key that was not stolen")


def test_a_stolen_session_reads_nothing_that_was_said_before(network: Network) -> None:
    ada = network.found("Ada")
    ben = network.let_in("Ben", by="Ada")
    for turn in range(3):  # no longer under a first message, which the fallback key opens
        for person in (ada, ben):
            person.say(f"turn {turn}")
            network.settle(1)
    network.settle()
    mark = len(network.relay.put_bytes)
    ada.say("long gone")
    network.settle()
    before = to(network, ben, mark)
    assert before
    assert Thief(ben).reads(before, Keys.load(ben.store).hpke) == []


def home(tmp_path: Path) -> Path:
    folder = tmp_path / "home"
    Node.make(folder, PASSPHRASE, memory=64)
    node = Node(folder, PASSPHRASE)
    charter = Charter("MarkerTitle")
    node.found("MarkerName", charter, relay="", pseudonym="MarkerAda", side="", role="convener")
    with node.channel("MarkerName") as replica:
        replica.say("talk", {"text": "MarkerText"})
    node.close()
    return folder


def test_locked_files_show_nothing_and_open_with_no_other_passphrase(tmp_path: Path) -> None:
    folder = home(tmp_path)
    files = list(folder.iterdir())
    assert len(files) == 3
    for file in files:
        data = file.read_bytes()
        for marker in (b"Marker", b"M\x00a\x00r\x00k\x00e\x00r", b"SQLite format", b"CREATE TABLE"):
            assert marker not in data
    for other in ("", "correct horse batterz", PASSPHRASE[:-1]):
        with pytest.raises(BadInput, match="passphrase"):
            Node(folder, other)
    node = Node(folder, PASSPHRASE)
    assert node.names() == ["MarkerName"]
    node.close()


def test_files_of_an_open_node_show_nothing_either(tmp_path: Path) -> None:
    folder = home(tmp_path)
    node = Node(folder, PASSPHRASE)
    with node.channel("MarkerName") as replica:
        replica.say("talk", {"text": "MarkerText again"})
        everything = b"".join(file.read_bytes() for file in folder.iterdir())
        assert any(file.name.endswith("-wal") for file in folder.iterdir())
    node.close()
    assert b"Marker" not in everything


def test_another_nodes_key_file_opens_nothing(tmp_path: Path) -> None:
    folder = home(tmp_path)
    (folder / "node.key").unlink()
    keyfile.make(folder / "node.key", PASSPHRASE, memory=64)
    with pytest.raises(BadInput):
        Node(folder, PASSPHRASE)


def test_a_burned_channel_is_gone_with_its_key(tmp_path: Path) -> None:
    folder = home(tmp_path)
    (file,) = folder.glob("channel-*.db")
    copy = file.read_bytes()
    node = Node(folder, PASSPHRASE)
    node.burn("MarkerName")
    assert node.names() == []
    with pytest.raises(BadInput):
        node.burn("MarkerName")
    node.close()
    assert list(folder.glob("channel-*")) == []
    file.write_bytes(copy)  # as a disk may still hold it
    node = Node(folder, PASSPHRASE)
    assert node.names() == []
    assert node._db.execute("SELECT count(*) FROM channel").fetchone() == (0,)
    node.close()
