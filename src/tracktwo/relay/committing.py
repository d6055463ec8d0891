"""Group commit: one thread, one connection, one transaction for all that came meanwhile.

While a transaction goes to the disk, further requests queue; the next transaction takes them all.
So the disk is waited for once for many, and no request is answered before it is durable.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

from tracktwo.errors import BadInput
from tracktwo.relay.store import VERSION, Full, Unavailable, require_version

_BATCH = 512  # jobs in one transaction, so that the first is not kept waiting for the last
_PRAGMAS = (
    "locking_mode=EXCLUSIVE",  # one relay process for one file, kill -9 included
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=4000",
    "cache_size=-32000",
)

T = TypeVar("T")
Job = Callable[[sqlite3.Connection], Any]
Waiting = tuple[Job, Callable[[Any], Any], "asyncio.Future[Any]"]


class Committer:
    """Runs jobs on a database, many in one transaction. A job may be run again from its start."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open or make the database. Raises BadInput if it cannot be, or another process has it."""
        self._jobs: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self._loop = asyncio.get_running_loop()
        self._db = _opened(path, schema)
        self._thread = threading.Thread(target=self._run, name="committer", daemon=True)
        self._thread.start()

    def submit(
        self, job: Callable[[sqlite3.Connection], T], then: Callable[[T], Any] = lambda value: value
    ) -> asyncio.Future[Any]:
        """What `then` makes, on the event loop, of what `job` returned, once that is durable.

        Raises Full or Unavailable, through the future, if the database takes nothing; what else a
        job raises comes through as it is, and leaves no trace in the database.
        """
        future = self._loop.create_future()
        self._jobs.put((job, then, future))
        return future

    async def close(self) -> None:
        """Finish what was submitted, and let go of the database."""
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join)
        self._db.close()

    def _run(self) -> None:
        while (batch := self._next_batch()) is not None:
            outcomes = self._together(batch)
            if outcomes is None:
                outcomes = [self._alone(job) for job, _, _ in batch]
            self._loop.call_soon_threadsafe(_deliver, batch, outcomes)

    def _next_batch(self) -> list[Waiting] | None:
        first = self._jobs.get()
        if first is None:
            return None
        batch = [first]
        while len(batch) < _BATCH and not self._jobs.empty():
            job = self._jobs.get()
            if job is None:
                self._jobs.put(None)
                break
            batch.append(job)
        return batch

    def _together(self, batch: list[Waiting]) -> list[Any] | None:
        """What the jobs return, in one transaction; None if any failed and nothing is done."""
        try:
            self._db.execute("BEGIN")
            outcomes = [job(self._db) for job, _, _ in batch]
            self._db.execute("COMMIT")
        except Exception:  # each is tried alone, and answers for itself
            self._roll_back()
            return None
        return outcomes

    def _alone(self, job: Job) -> Any:  # noqa: ANN401 - what the job returns
        try:
            self._db.execute("BEGIN")
            outcome = job(self._db)
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._roll_back()
            return Full() if error.sqlite_errorcode == sqlite3.SQLITE_FULL else Unavailable()
        except Exception as error:
            self._roll_back()
            return error
        return outcome

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


def _deliver(batch: list[Waiting], outcomes: list[Any]) -> None:
    for (_, then, future), outcome in zip(batch, outcomes, strict=True):
        failed = isinstance(outcome, Exception)
        value = outcome if failed else then(outcome)
        if future.done():  # whoever asked has gone
            continue
        if failed:
            future.set_exception(value)
        else:
            future.set_result(value)


def _opened(path: Path, schema: str) -> sqlite3.Connection:
    advice = "Name a folder of your own that can be written."
    db = None
    try:
        db = sqlite3.connect(path, isolation_level=None, timeout=0, check_same_thread=False)
        for pragma in _PRAGMAS:
            db.execute(f"PRAGMA {pragma}")
        require_version(db.execute("PRAGMA user_version").fetchone()[0], str(path.parent))
        db.executescript(f"BEGIN EXCLUSIVE; {schema} PRAGMA user_version={VERSION}; COMMIT;")
    except (sqlite3.DatabaseError, BadInput) as error:
        if db is not None:
            db.close()
        if isinstance(error, BadInput):
            raise
        if "locked" in str(error):
            raise BadInput(
                "Another relay uses this store.", where=str(path.parent), advice="Stop it first."
            ) from None
        raise BadInput(
            f"The store cannot be opened ({error}).", where=str(path.parent), advice=advice
        ) from None
    return db
