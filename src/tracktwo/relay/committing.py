"""Group commit: one connection, one transaction for all that came meanwhile.

The transaction goes to the disk in a thread of its own, and further work gathers for the next. So
the disk is waited for once for many, and nothing is answered before it is durable.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

from tracktwo.errors import BadInput
from tracktwo.relay.batches import Batches
from tracktwo.relay.store import VERSION, Full, Unavailable, require_version

_BATCH = 512  # items in one transaction, so that the first is not kept waiting for the last
_PRAGMAS = (
    "locking_mode=EXCLUSIVE",  # one relay process for one file, kill -9 included
    "journal_mode=WAL",
    "synchronous=FULL",
    "wal_autocheckpoint=4000",
    "cache_size=-32000",
    "temp_store=MEMORY",  # no message in a temporary file
)

T = TypeVar("T")
Work = Callable[[sqlite3.Connection, list[Any]], tuple[list[Any], Callable[[], None]]]
Asked = tuple[Work, Any]  # and the item
Done = tuple[list[Any], list[Callable[[], None]]]


class Committer:
    """Works on a database, many items in one transaction. Work may be done again from its start."""

    def __init__(self, path: Path, schema: str) -> None:
        """Open or make the database. Raises BadInput if it cannot be, or another process has it."""
        self._db = _opened(path, schema)
        self._thread = ThreadPoolExecutor(1, "committer")
        self._batches: Batches[Asked, Any] = Batches(self._run, most=_BATCH)

    def submit(self, job: Callable[[sqlite3.Connection], T]) -> asyncio.Future[Any]:
        """What `job` returned, once that is durable.

        Raises Full or Unavailable, through the future, if the database takes nothing; what else a
        job raises comes through as it is, and leaves no trace in the database.
        """
        return self.gather(_each, job)

    def gather(self, work: Work, item: object, *, patient: bool = False) -> asyncio.Future[Any]:
        """What `work` returned for an item, among all items that came for it meanwhile.

        It returns one result an item, and what is to be done on the event loop once all is durable.
        What is patient waits a little for other work, and troubles no disk alone.
        """
        return self._batches.submit((work, item), patient=patient)

    async def close(self) -> None:
        """Finish what was submitted, and let go of the database."""
        await self._batches.close()
        await asyncio.to_thread(self._thread.shutdown)
        self._db.close()

    async def _run(self, batch: list[Asked]) -> list[Any]:
        loop = asyncio.get_running_loop()
        results, tell = await loop.run_in_executor(self._thread, self._commit, batch)
        for told in tell:
            told()
        return results

    def _commit(self, batch: list[Asked]) -> Done:
        done = self._together(batch)
        if done is None:
            alone = [self._alone(*asked) for asked in batch]
            done = [result for result, _ in alone], [told for _, told in alone]
        return done

    def _together(self, batch: list[Asked]) -> Done | None:
        """What the work returns, in one transaction; None if any failed and nothing is done."""
        places: dict[Work, list[int]] = {}
        for place, (work, _) in enumerate(batch):
            places.setdefault(work, []).append(place)
        results: list[Any] = [None] * len(batch)
        tell = []
        try:
            self._db.execute("BEGIN")
            for work, those in places.items():
                found, told = work(self._db, [batch[place][1] for place in those])
                tell.append(told)
                for place, result in zip(those, found, strict=True):
                    results[place] = result
            self._db.execute("COMMIT")
        except Exception:  # each is tried alone, and answers for itself
            self._roll_back()
            return None
        return results, tell

    def _alone(self, work: Work, item: object) -> tuple[Any, Callable[[], None]]:
        try:
            self._db.execute("BEGIN")
            (result,), told = work(self._db, [item])
            self._db.execute("COMMIT")
        except sqlite3.OperationalError as error:
            self._roll_back()
            full = error.sqlite_errorcode == sqlite3.SQLITE_FULL
            return (Full() if full else Unavailable()), _nothing
        except Exception as error:
            self._roll_back()
            return error, _nothing
        return result, told

    def _roll_back(self) -> None:
        if self._db.in_transaction:
            self._db.execute("ROLLBACK")


def _each(
    db: sqlite3.Connection, jobs: list[Callable[[sqlite3.Connection], Any]]
) -> tuple[list[Any], Callable[[], None]]:
    return [job(db) for job in jobs], _nothing


def _nothing() -> None:
    pass


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
