"""Encrypted SQLite files (SQLCipher 4): opened here alone, so that the dangerous lines stand once.

The key is 32 random bytes, taken as it is: no passphrase, so SQLCipher derives nothing.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlcipher3

FAULTS = (OSError, sqlcipher3.Error)
"""What `connect`, and any use of what it returns, may raise."""


def connect(path: Path, key: bytes, *, patience: float) -> sqlcipher3.Connection:
    """Open or make a file that its owner alone may read; `patience`: seconds to wait for others.

    A wrong key shows at the first statement. Raises what is in FAULTS.
    """
    os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
    database = sqlcipher3.connect(str(path), isolation_level=None, timeout=patience)
    database.execute(f"PRAGMA key = \"x'{key.hex()}'\"")
    # its own words about damage would come before ours
    database.execute("PRAGMA cipher_log_level=NONE")
    # what is deleted is overwritten; what is committed survives the power
    for pragma in ("secure_delete=ON", "synchronous=FULL"):
        database.execute(f"PRAGMA {pragma}")
    return database


@contextmanager
def transaction(database: sqlcipher3.Connection) -> Iterator[None]:
    """All of it or nothing, durable when this ends; inside another, a part of that one."""
    if database.in_transaction:
        yield
        return
    database.execute("BEGIN IMMEDIATE")
    try:
        yield
        database.execute("COMMIT")
    except BaseException:
        if database.in_transaction:  # a full disk ends one by itself
            database.execute("ROLLBACK")
        raise
