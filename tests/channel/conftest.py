"""A network of members, in memory but for their files."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from network import Network, Person


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    network = Network(tmp_path)
    yield network
    network.close()


@pytest.fixture
def trio(network: Network) -> tuple[Person, Person, Person]:
    """A convener and two delegates who know each other."""
    network.found("Ada")
    network.let_in("Ben", by="Ada", side="north")
    network.let_in("Cleo", by="Ada", side="south")
    return network.person("Ada"), network.person("Ben"), network.person("Cleo")
