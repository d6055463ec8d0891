"""What the processes of `dying` do: take part in a sitting, or keep a vault."""

from __future__ import annotations

import hashlib
import itertools
import os
import secrets
from pathlib import Path
from typing import Any

from dying import serve
from sides import Side, private_of, small_program
from tracktwo.vault import Vault

SCRIPT = __file__
SLOTS = [("own", 0), ("own", 1), ("theirs", 0), ("theirs", 1)]


def digest_of(author: str, round_number: int) -> bytes:
    """The digest of the message that the vault's keeper puts into a slot."""
    return hashlib.sha256(f"{author} {round_number}".encode()).digest()


def keep(job: dict[str, Any]) -> str:
    """A vault's life, from its making to the end of its only sitting; again, the rest of it."""
    vault = Vault(Path(job["path"]))
    latest = vault.latest()
    if latest is None:
        vault.begin(1, b"terms", b"position")
    if latest is None or latest.state == "open":
        for author, round_number in SLOTS:
            vault.fill_slot(1, author, round_number, digest_of(author, round_number))
        vault.end(1, "answered", b"outcome")
    vault.close()
    return "kept"


def take_part(job: dict[str, Any]) -> object:
    """Sit; every answer shown, or None while the other side owes a message."""
    if "stream" in job:
        _draw_from(job["stream"])
    program = small_program(job["circuit"], *job["asked"])
    private = private_of(program, job["gains"])
    side = Side(job["side"], program, private, Path(job["folder"]), Path(job["home"]))
    result = side.sit(wait=job.get("wait", 0))
    return None if result is None else result.answer.as_plain()


def _draw_from(stream: str) -> None:
    """Let this process draw known numbers in place of random ones."""
    count = itertools.count()

    def token_bytes(size: int | None = None) -> bytes:
        return hashlib.sha256(f"{stream} {next(count)}".encode()).digest()[:size]

    secrets.token_bytes = token_bytes
    secrets.token_hex = lambda size=None: os.urandom(size or 32).hex()


if __name__ == "__main__":
    serve({"keep": keep, "sit": take_part})
