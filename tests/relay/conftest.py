"""A relay on each storage, shared by the tests that only make mailboxes and blobs of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from relays import Running, running

STORAGES = ["sqlite", "postgresql"]
Storage = Callable[[], list[str]]


@pytest.fixture(scope="module", params=STORAGES)
def storage(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Callable[[], list[str]]:
    """The options of a relay with a new storage of this kind."""
    if request.param == "sqlite":
        return lambda: ["--store", str(tmp_path_factory.mktemp("store"))]
    database: Callable[[], str] = request.getfixturevalue("postgresql")
    return lambda: ["--postgresql", database()]


@pytest.fixture(scope="module")
def relay(storage: Storage, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    with running(tmp_path_factory.mktemp("relay"), *storage()) as one:
        yield one
