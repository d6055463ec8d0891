"""A process that kills itself by SIGKILL at the n-th thing it would leave on the disk.

Started as a script it reads jobs from standard input, one JSON object a line, forks a child for
each, and answers with one line: {"died": ..., "writes": ..., "result": ...}. Everything that
changes a file is counted: bytes written (half of them are, before dying), names given and taken
away, syncs, and every statement of SQLite but a SELECT. What is published is noted as it is, by
name and digest, in the file the job names.
"""

from __future__ import annotations

import hashlib
import io
import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

Work = Callable[[dict[str, Any]], object]

_CHANGES = (
    *("fsync", "replace", "rename", "link", "unlink", "mkdir", "truncate", "ftruncate"),
    *("posix_fallocate", "write"),
)


class Countdown:
    """Counts what is left on the disk; the process dies at number `last`, counted from 1."""

    def __init__(self, last: int) -> None:
        self.last, self.count = last, 0

    def tick(self) -> bool:
        """One more; whether it is the last."""
        self.count += 1
        return self.count == self.last

    def before(self) -> None:
        """One more, not done any more if it is the last."""
        if self.tick():
            die()


def die() -> None:
    """As kill -9 does."""
    os.kill(os.getpid(), signal.SIGKILL)


def watch(countdown: Countdown, note: Path | None) -> None:
    """Count everything this process does to files from now on."""
    for name in _CHANGES:
        if hasattr(os, name):
            setattr(os, name, _counted(getattr(os, name), countdown))
    _note_published(note)
    _watch_opening(countdown)
    _watch_databases(countdown)


def _watch_opening(countdown: Countdown) -> None:
    plain_open, plain_os_open, plain_fdopen = Path.open, os.open, os.fdopen

    class DyingFile(io.FileIO):
        def write(self, data: Any) -> int:  # noqa: ANN401 - any buffer
            if countdown.tick():
                whole = memoryview(data).cast("B")
                super().write(whole[: len(whole) // 2])
                die()
            return super().write(data)

    def path_open(path: Path, mode: str = "r", *rest: Any, **more: Any) -> Any:  # noqa: ANN401
        if mode[0] == "r":
            return plain_open(path, mode, *rest, **more)
        countdown.before()
        opened = DyingFile(path, mode[0])
        countdown.before()  # it stands, and is empty
        return opened if "b" in mode else io.TextIOWrapper(io.BufferedWriter(opened))

    def os_open(path: Any, flags: int, *rest: Any, **more: Any) -> int:  # noqa: ANN401
        if not flags & os.O_CREAT:
            return plain_os_open(path, flags, *rest, **more)
        countdown.before()
        handle = plain_os_open(path, flags, *rest, **more)
        countdown.before()  # it stands, and is empty
        return handle

    def fdopen(handle: int, mode: str = "r", buffering: int = -1) -> Any:  # noqa: ANN401
        if mode[0] == "r":
            return plain_fdopen(handle, mode, buffering)
        opened = DyingFile(handle, mode[0])
        return opened if buffering == 0 else io.BufferedWriter(opened)

    Path.open, os.open = path_open, os_open  # type: ignore[assignment]
    os.fdopen = fdopen  # type: ignore[assignment]


def _watch_databases(countdown: Countdown) -> None:
    plain_connect = sqlite3.connect

    class DyingDatabase(sqlite3.Connection):
        def execute(self, statement: str, *rest: Any) -> sqlite3.Cursor:  # noqa: ANN401
            if not statement.lstrip().startswith("SELECT"):
                countdown.before()
            return super().execute(statement, *rest)

    def connect(*rest: Any, **more: Any) -> sqlite3.Connection:  # noqa: ANN401
        return plain_connect(*rest, **more, factory=DyingDatabase)

    sqlite3.connect = connect  # type: ignore[assignment]


def _counted(plain: Callable[..., Any], countdown: Countdown) -> Callable[..., Any]:
    def counted(*rest: Any, **more: Any) -> Any:  # noqa: ANN401
        countdown.before()
        return plain(*rest, **more)

    return counted


def _note_published(note: Path | None) -> None:
    counted = os.replace

    def replace(source: Any, target: Any) -> None:  # noqa: ANN401
        counted(source, target)
        if note is not None:
            content = hashlib.sha256(Path(target).read_bytes()).hexdigest()
            with io.open(note, "a") as file:  # noqa: UP020 - past the counting
                file.write(f"{Path(target).name} {content}\n")

    os.replace = replace


def serve(works: dict[str, Work]) -> None:
    """Do the jobs on standard input, each in a child of its own."""
    for line in sys.stdin:
        job = json.loads(line)
        read, write = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(read)
            _do(works[job["work"]], job, write)
        os.close(write)
        with os.fdopen(read) as report:
            said = report.read()
        _, status = os.waitpid(child, 0)
        died = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
        done = json.loads(said) if said else {}
        print(json.dumps({"died": died, **done}), flush=True)  # noqa: T201 - the answer


def _do(work: Work, job: dict[str, Any], report: int) -> None:
    plain_write = os.write
    countdown = Countdown(job.get("die_at", 0))
    note = job.get("note")
    watch(countdown, None if note is None else Path(note))
    try:
        result = work(job)
    except Exception as error:
        result = f"{type(error).__name__}: {error}"
    plain_write(report, json.dumps({"writes": countdown.count, "result": result}).encode())
    os._exit(0)


class Server:
    """The process, for the tests to give jobs to."""

    def __init__(self, script: str) -> None:
        self._process = subprocess.Popen(
            [sys.executable, script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def do(self, **job: object) -> dict[str, Any]:
        """What became of a job: whether it died, how many writes it took, its result."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(job, default=str) + "\n")
        self._process.stdin.flush()
        done: dict[str, Any] = json.loads(self._process.stdout.readline())
        return done

    def close(self) -> None:
        """End the process."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait()
        self._process.stdout.close()


@contextmanager
def server(script: str) -> Iterator[Server]:
    """A server that ends with the block."""
    running = Server(script)
    try:
        yield running
    finally:
        running.close()
