"""A node as one file, and back. What it holds is as locked as the node is.

A tar of the node's files as they are on disk, each under the node's own keys; whoever has it needs
the passphrase. Open sittings are left out: a seed that is put back could be made to say two things,
which tells the other side's secrets (DESIGN 4.3). Putting a backup back begins every session and
our own chain anew before anything is said, so that nothing is ever sealed twice with one key and
nobody takes what was said since for a lie.

A channel that cannot be read is left out, and told; the file `left-out` has the names of their
files, a line each, so that the rest is not taken for a backup that is not whole.
"""

from __future__ import annotations

import io
import os
import secrets
import shutil
import tarfile
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from tracktwo.channel.node import Node
from tracktwo.channel.renewal import begin_anew
from tracktwo.channel.replica import Clock, seconds
from tracktwo.errors import BadInput
from tracktwo.reasons import reason
from tracktwo.said import said

_LEFT_OUT = "left-out"
_MEMBERS = ("node.key", "node.db", "node.db-wal", _LEFT_OUT)


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup has: how many channels, and the names of those that could not be read."""

    channels: int
    missing: tuple[str, ...]


def write(node: Node, out: BinaryIO) -> Contents:
    """Write a backup of all that can be read."""
    with ExitStack() as held, tarfile.open(fileobj=out, mode="w") as archive:
        held.enter_context(node.still())
        names = node.names()
        whole = [name for name in names if _hold(node, name, held)]
        missing = tuple(name for name in names if name not in whole)
        for path in node.files(whole):
            archive.add(path, path.name, recursive=False)
        if missing:
            idents = [ident for ident, name in node.idents().items() if name in missing]
            data = "\n".join(idents).encode()
            entry = tarfile.TarInfo(_LEFT_OUT)
            entry.size = len(data)
            archive.addfile(entry, io.BytesIO(data))
    return Contents(len(whole), missing)


def _hold(node: Node, name: str, held: ExitStack) -> bool:
    """Whether all of a channel can be read; nobody writes to it until `held` is closed."""
    try:
        with ExitStack() as one:
            store = one.enter_context(node.channel(name)).store
            store.hold(one)
            store.read_through()
            held.enter_context(one.pop_all())
    except BadInput:
        return False
    return True


def restore(home: Path, source: Path | BinaryIO, passphrase: str, now: Clock = seconds) -> Contents:
    """Put a backup back where there is no node; what was in it. Raises BadInput.

    `source`: the file, or its path.
    """
    if (home / "node.key").exists():
        raise BadInput(
            "There is a node here already.",
            where=str(home),
            advice="Restore into an empty place: the variable TRACKTWO_HOME names it.",
        )
    draft = home.with_name(f".{home.name}.{secrets.token_hex(4)}.restoring")
    try:
        draft.mkdir(parents=True, mode=0o700)
        _unpack(source, draft)
        contents = _begin_anew(draft, passphrase, now)
        home.mkdir(parents=True, exist_ok=True, mode=0o700)
        # The key goes last: until it is there, there is no node here.
        for path in sorted(draft.iterdir(), key=lambda path: path.name == "node.key"):
            os.replace(path, home / path.name)
    finally:
        shutil.rmtree(draft, ignore_errors=True)
    return contents


def _unpack(source: Path | BinaryIO, draft: Path) -> None:
    where = str(source) if isinstance(source, Path) else ""
    path, file = (source, None) if isinstance(source, Path) else (None, source)
    try:
        with tarfile.open(path, mode="r:", fileobj=file) as archive:
            for member in archive:
                if not (member.isreg() and _is_ours(member.name)):
                    raise BadInput("This is no backup.", where=where)
                archive.extract(member, draft, filter="data")
    except (OSError, tarfile.TarError) as error:
        what = said("The backup cannot be read ({why}).", why=reason(error))
        raise BadInput(what, where=where) from None


def _is_ours(name: str) -> bool:
    is_channel = name.startswith("channel-") and name.endswith((".db", ".db-wal"))
    return "/" not in name and (name in _MEMBERS or is_channel)


def _begin_anew(draft: Path, passphrase: str, now: Clock) -> Contents:
    if not all((draft / name).exists() for name in _MEMBERS[:2]):
        raise BadInput("The backup is not whole.", advice="Take another.")
    node = Node(draft, passphrase, now)
    try:
        missing = _forget_left_out(node, draft / _LEFT_OUT)
        names = node.names()
        for name in names:
            with node.channel(name) as replica:
                begin_anew(replica)
                replica.store.do("DELETE FROM blob")  # large messages of sittings left behind
    finally:
        node.close()
    return Contents(len(names), missing)


def _forget_left_out(node: Node, left_out: Path) -> tuple[str, ...]:
    """Take off the list what was left out when the backup was written; their names."""
    if not left_out.exists():
        return ()
    idents = left_out.read_text("ascii", "replace").splitlines()
    left_out.unlink()
    missing = tuple(name for ident, name in node.idents().items() if ident in idents)
    for name in missing:
        node.burn(name)
    return missing
