"""The command that runs a relay."""

from __future__ import annotations

import hashlib
import json
import logging
import sys
from collections.abc import Callable, Coroutine
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracktwo.errors import BadInput

if TYPE_CHECKING:  # so that asking for help is quick
    from socket import socket

    from tracktwo.relay.limits import Limits
    from tracktwo.relay.store import Store

_FILE = click.Path(path_type=Path)
_SIZE = click.IntRange(min=0)


@click.command(
    short_help="Run a relay.",
    epilog="\b\nFor example:\n  tracktwo relay --store relay\n",
)
@click.option(
    "--listen",
    default="127.0.0.1:8787",
    show_default=True,
    help="Where to listen; port 0 picks a free one and says which.",
)
@click.option("--store", type=_FILE, help="The folder of a relay on one machine.")
@click.option(
    "--postgresql",
    envvar="TRACKTWO_POSTGRESQL",
    help="The database several relays share, as postgresql://...; better told by the variable"
    " TRACKTWO_POSTGRESQL, for it can hold a password.",
)
@click.option(
    "--operator-token-file",
    type=_FILE,
    help="A file whose first line all must know who make mailboxes and blobs.",
)
@click.option(
    "--mailbox-mib", type=_SIZE, default=64, show_default=True, help="MiB a mailbox holds."
)
@click.option(
    "--mailbox-messages",
    type=_SIZE,
    default=10_000,
    show_default=True,
    help="Messages a mailbox holds.",
)
@click.option(
    "--blob-mib", type=_SIZE, default=8192, show_default=True, help="MiB a blob has at most."
)
@click.option("--total-mib", type=_SIZE, default=20_480, show_default=True, help="MiB held in all.")
@click.option(
    "--keep-free-mib",
    type=_SIZE,
    default=256,
    show_default=True,
    help="MiB of the disk that stay free, with --store.",
)
@click.option(
    "--ttl-hours",
    type=click.IntRange(min=1, max=100_000),
    default=1440,
    show_default=True,
    help="Hours a mailbox or a blob is kept at most.",
)
@click.option("--check", is_flag=True, help="Open the store and the port, say so, and end.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object instead of words.")
def relay(
    listen: str,
    store: Path | None,
    postgresql: str | None,
    operator_token_file: Path | None,
    mailbox_mib: int,
    mailbox_messages: int,
    blob_mib: int,
    total_mib: int,
    keep_free_mib: int,
    ttl_hours: int,
    check: bool,
    as_json: bool,
) -> None:
    """Run a relay: it stores and forwards what it cannot read, for people it does not know.

    It runs until it is interrupted. Put a reverse proxy with TLS, or an onion service, before it.
    """
    from tracktwo.relay.limits import Limits

    limits = Limits(
        mailbox_bytes=mailbox_mib << 20,
        mailbox_messages=mailbox_messages,
        total_bytes=total_mib << 20,
        blob_bytes=blob_mib << 20,
        ttl_hours=ttl_hours,
        keep_free=keep_free_mib << 20,
    )
    if (store is None) == (postgresql is None):
        raise BadInput("A relay keeps its messages in one place.", advice=_ONE_PLACE)
    logging.basicConfig(stream=sys.stderr, level=logging.WARNING, format="relay: %(message)s")
    _raise_file_limit()
    token = None if operator_token_file is None else _token_digest(operator_token_file)

    async def run() -> None:
        from tracktwo.relay.requests import Relay
        from tracktwo.relay.serving import listening, serve

        listener = listening(*_address(listen))
        opened = await _store(store, postgresql, limits)
        said = partial(_say, listener, as_json)
        if check:
            said()
            listener.close()
            await opened.close()
        else:
            await serve(Relay(opened, limits, token), listener, said)

    _runner()(run())


def _runner() -> Callable[[Coroutine[Any, Any, None]], None]:
    """The quickest event loop there is; it takes a third off the cost of a message."""
    try:
        import uvloop
    except ImportError:  # not on this system
        import asyncio

        return asyncio.run
    return uvloop.run


_ONE_PLACE = "Say --store FOLDER, or --postgresql DSN."


def _say(listener: socket, as_json: bool) -> None:
    host, port = listener.getsockname()[:2]
    url = f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
    click.echo(json.dumps({"listening": url}) if as_json else f"The relay listens at {url}.")
    sys.stdout.flush()


async def _store(folder: Path | None, postgresql: str | None, limits: Limits) -> Store:
    if folder is not None:
        from tracktwo.relay.sqlite import SqliteStore

        return SqliteStore(folder, limits)
    try:
        from tracktwo.relay.postgresql import PostgresqlStore
    except ImportError:
        advice = "Install it: pip install 'tracktwo[postgresql]'."
        raise BadInput("For PostgreSQL the library psycopg is needed.", advice=advice) from None
    return await PostgresqlStore.opened(postgresql or "", limits)


def _address(text: str) -> tuple[str, int]:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit()) or int(port) > 65535:
        raise BadInput("--listen is HOST:PORT.", where=text, advice="For example: 127.0.0.1:8787")
    return host.removeprefix("[").removesuffix("]"), int(port)


def _token_digest(path: Path) -> bytes:
    """SHA-256 of the first line of a file."""
    try:
        token = path.read_bytes().partition(b"\n")[0].strip()
    except OSError as error:
        raise BadInput(f"It cannot be read ({error.strerror}).", where=str(path)) from None
    if len(token) < 16:
        raise BadInput("An operator's token has 16 characters or more.", where=str(path))
    return hashlib.sha256(token).digest()


def _raise_file_limit() -> None:
    """Every connection is an open file, and the usual limit is for programs with few of them."""
    try:
        import resource
    except ImportError:  # not on this system
        return
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft != hard:
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
