"""A sealed archive: the charter's custodians open it, and nobody else, however late."""

from __future__ import annotations

import pytest

from network import DAY, Network
from tracktwo.channel.archive import custodians, seal, unseal
from tracktwo.channel.charter import Charter
from tracktwo.errors import BadInput

TEXT = b"what was exported, with names in it" * 50
CHARTER = Charter("A test", retention="archive", custodians=("Ben", "Cleo"))


def members(network: Network) -> None:
    network.found("Ada", charter=CHARTER)
    for name in ("Ben", "Cleo", "Dora"):
        network.let_in(name, by="Ada")
    network.settle()


def test_each_custodian_opens_it_and_no_other_member_can(network: Network) -> None:
    members(network)
    sealed = seal(network.person("Ada").replica, TEXT)
    for name in ("Ben", "Cleo"):
        assert unseal(network.person(name).replica, sealed) == TEXT
    for name in ("Ada", "Dora"):
        with pytest.raises(BadInput, match="no custodian"):
            unseal(network.person(name).replica, sealed)
    assert TEXT[:20] not in sealed


def test_it_still_opens_when_the_keys_of_envelopes_are_long_gone(network: Network) -> None:
    members(network)
    sealed = seal(network.person("Ada").replica, TEXT)
    for _ in range(8):
        network.clock.pass_by(8 * DAY)
        network.settle()
    assert unseal(network.person("Ben").replica, sealed) == TEXT


def test_nothing_is_sealed_before_every_custodian_has_shown_a_key(network: Network) -> None:
    network.found("Ada", charter=CHARTER)
    network.let_in("Ben", by="Ada")
    network.settle()
    with pytest.raises(BadInput, match="Cleo"):
        seal(network.person("Ada").replica, TEXT)


def test_a_member_who_is_no_custodian_cannot_pass_a_key_off_as_one(network: Network) -> None:
    members(network)
    dora = network.person("Dora")
    dora.replica.say("archive.key", {"key": bytes(1216)})
    network.settle()
    assert set(custodians(network.person("Ada").replica)) == {"Ben", "Cleo"}


def test_a_custodians_first_key_stays(network: Network) -> None:
    members(network)
    before = custodians(network.person("Ada").replica)["Ben"]
    network.person("Ben").replica.say("archive.key", {"key": bytes(1216)})
    network.settle()
    assert custodians(network.person("Ada").replica)["Ben"] == before


@pytest.mark.parametrize("damage", ["cut", "changed", "empty", "zeros"])
def test_what_is_damaged_or_no_archive_is_bad_input(network: Network, damage: str) -> None:
    members(network)
    sealed = seal(network.person("Ada").replica, TEXT)
    damaged = {
        "cut": sealed[:-1],
        "changed": sealed[:-1] + bytes([sealed[-1] ^ 1]),
        "empty": b"",
        "zeros": bytes(5000),
    }[damage]
    with pytest.raises(BadInput):
        unseal(network.person("Ben").replica, damaged)
