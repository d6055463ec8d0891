"""Taking a channel along: a courier's stick, a transcript, a backup."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, BinaryIO, cast

import click

from tracktwo.commands.desk import (
    channel,
    example,
    find_member,
    hour_text,
    json_option,
    node,
    passphrase,
    passphrase_option,
    print_json,
    print_said,
    probe_lines,
)
from tracktwo.errors import BadInput
from tracktwo.legible import legible
from tracktwo.machine import home

if TYPE_CHECKING:
    pass

_FILE = click.Path(path_type=Path)


@contextmanager
def _new_file(path: Path, *, force: bool) -> Iterator[IO[bytes]]:
    """A private file that is there once it is whole. Raises BadInput if one stands already."""
    from tracktwo.files import require_new

    require_new(path, force=force)
    part = path.parent / f".{secrets.token_hex(8)}.part"
    try:
        with os.fdopen(os.open(part, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600), "w+b") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise BadInput(
            f"It cannot be written ({error.strerror}).", where=legible(str(path))
        ) from None
    finally:
        part.unlink(missing_ok=True)


def _force_option(function: click.decorators.FC) -> click.decorators.FC:
    text = "Replace a file of that name."
    return click.option("--force", is_flag=True, help=text)(function)


@click.group(short_help="Carry a channel on a stick.")
def courier() -> None:
    """Carry a channel on a stick, for who has no line or trusts none."""


@courier.command(
    short_help="Write what a member has not got.",
    epilog=example("tracktwo courier out talks stick/for-otter --for Otter"),
)
@click.argument("name")
@click.argument("file", type=_FILE)
@click.option("--for", "whom", help="The member; none where there is one other.")
@_force_option
@passphrase_option
@json_option
def out(
    name: str, file: Path, whom: str | None, force: bool, passphrase_fd: int | None, as_json: bool
) -> None:
    """Write a file with all that a member has not got, sealed for it alone."""
    from tracktwo.channel.courier import carried, write_for
    from tracktwo.channel.sync import settle

    with channel(passphrase_fd, name) as replica:
        settle(replica)
        others = replica.roster.others()
        if whom is None and len(others) != 1:
            raise BadInput("For whom?", advice="Name the member: --for.")
        member = others[0] if whom is None else find_member(replica, whom)
        with _new_file(file, force=force) as written:
            envelopes, blobs = write_for(replica, member, cast("BinaryIO", written), home())
        carried(replica, member)
    if as_json:
        print_json({"file": str(file), "letters": envelopes, "large": blobs})
    else:
        large = f" and {blobs} large messages" if blobs else ""
        click.echo(f"{envelopes} letters{large} are in {legible(str(file))}.")


@courier.command(
    name="in",
    short_help="Take in what a courier brought.",
    epilog=example("tracktwo courier in talks stick/for-heron"),
)
@click.argument("name")
@click.argument("file", type=_FILE)
@passphrase_option
@json_option
def in_(name: str, file: Path, passphrase_fd: int | None, as_json: bool) -> None:
    """Take in what a courier brought. Twice does no harm."""
    from tracktwo.channel.courier import read_from
    from tracktwo.channel.sync import settle

    with channel(passphrase_fd, name) as replica:
        try:
            with file.open("rb") as brought:
                fresh, blobs = read_from(replica, brought, home())
        except OSError as error:
            raise BadInput(
                f"It cannot be read ({error.strerror}).", where=legible(str(file))
            ) from None
        settle(replica)
    if as_json:
        print_json({"letters": fresh, "large": blobs})
    else:
        click.echo(f"{fresh} new letters, {blobs} large messages.")


@click.command(
    short_help="Write what was said into a file to keep.",
    epilog=example("tracktwo export talks talks.txt"),
)
@click.argument("name")
@click.argument("file", type=_FILE)
@click.option("--sealed", is_flag=True, help="For the charter's custodians alone.")
@_force_option
@passphrase_option
@json_option
def export(
    name: str, file: Path, sealed: bool, force: bool, passphrase_fd: int | None, as_json: bool
) -> None:
    """Write what was said into a file anybody can read: text, or JSON if it is called .json.

    With --sealed only the custodians whom the charter names can open it: tracktwo unseal.

    It proves nothing to others: any member could have made it up. Of signed texts it says who
    signed; what others can check is written by: tracktwo signatures --out.
    """
    from tracktwo.channel import archive
    from tracktwo.channel.transcript import transcript

    with channel(passphrase_fd, name) as replica:
        is_json = file.suffix.lower() == ".json"
        count, text = transcript(replica, hour_text, probe_lines(replica), as_json=is_json)
        data = archive.seal(replica, text) if sealed else text
    with _new_file(file, force=force) as written:
        written.write(data)
    whom = "for the custodians alone" if sealed else "for anybody to read"
    said = f"{count} lines are in {legible(str(file))}, {whom}."
    print_said(as_json, {"file": str(file), "lines": count, "sealed": sealed}, said)


@click.command(
    short_help="Open a sealed archive, as a custodian.",
    epilog=example("tracktwo unseal talks talks.sealed talks.json"),
)
@click.argument("name")
@click.argument("archive", type=_FILE)
@click.argument("file", type=_FILE)
@_force_option
@passphrase_option
@json_option
def unseal(
    name: str, archive: Path, file: Path, force: bool, passphrase_fd: int | None, as_json: bool
) -> None:
    """Open a sealed archive of a channel whose custodian you are, into a file anybody can read."""
    from tracktwo.channel.archive import unseal as opened

    with channel(passphrase_fd, name) as replica:
        try:
            text = opened(replica, archive.read_bytes())
        except OSError as error:
            raise BadInput(
                f"It cannot be read ({error.strerror}).", where=legible(str(archive))
            ) from None
    with _new_file(file, force=force) as written:
        written.write(text)
    said = f"The archive is open in {legible(str(file))}."
    print_said(as_json, {"archive": str(archive), "file": str(file)}, said)


@click.command(
    short_help="Write your node into one file, as locked as it is.",
    epilog=example("tracktwo backup node.backup"),
)
@click.argument("file", type=_FILE)
@_force_option
@passphrase_option
@json_option
def backup(file: Path, force: bool, passphrase_fd: int | None, as_json: bool) -> int:
    """Write your node into one file, as locked as it is. Sittings under way are left out.

    Exit code 2 if a channel is damaged: the others are in the file.
    """
    from tracktwo.channel import backup as backups

    with node(passphrase_fd) as opened, _new_file(file, force=force) as written:
        contents = backups.write(opened, cast("BinaryIO", written))
    left_out = len(list((home() / "sittings").glob("*")))
    if as_json:
        plain = {"file": str(file), "channels": contents.channels}
        print_json({**plain, "missing": contents.missing, "sittings_left_out": left_out})
    else:
        count = contents.channels
        click.echo(f"{count} channels are in {legible(str(file))}, under your passphrase.")
        _tell_missing("Not in it, for it is damaged", contents.missing)
        if left_out:
            click.echo("A sitting that is under way is not in it.")
    return BadInput.exit_code if contents.missing else 0


def _tell_missing(what: str, names: tuple[str, ...]) -> None:
    for name in names:
        click.echo(f"{what}: {legible(name)}.", err=True)


@click.command(short_help="Put a backup back.", epilog=example("tracktwo restore node.backup"))
@click.argument("file", type=_FILE)
@passphrase_option
@json_option
def restore(file: Path, passphrase_fd: int | None, as_json: bool) -> None:
    """Put a backup back, where there is no node: on a new machine, or after a loss.

    Never on two machines at once: the others would see you say two things, and be alarmed.
    """
    from tracktwo.channel import backup as backups

    contents = backups.restore(home(), file, passphrase(passphrase_fd))
    count = contents.channels
    if as_json:
        print_json({"channels": count, "missing": contents.missing})
    else:
        click.echo(f"{count} channels are back. Sync, so that the others begin anew with you.")
        _tell_missing("Not in the backup", contents.missing)
