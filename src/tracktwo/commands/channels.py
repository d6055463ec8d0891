"""Channels: begin one, let others in, see who is there, go."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracktwo.commands import joining
from tracktwo.commands.desk import (
    ago,
    channel,
    example,
    find_member,
    json_option,
    line_to_relays,
    name_of,
    node,
    passphrase,
    passphrase_option,
    print_json,
    print_said,
    proxy_option,
    read_text,
    show_charter,
    tell_if_none,
)
from tracktwo.errors import BadInput
from tracktwo.legible import legible

if TYPE_CHECKING:
    from tracktwo.channel.charter import Charter
    from tracktwo.channel.replica import Replica

_FILE = click.Path(path_type=Path)


@click.command(short_help="Make your node on this machine.", epilog=example("tracktwo init"))
@click.option(
    "--memory",
    type=click.IntRange(min=8, max=4096),
    default=256,
    show_default=True,
    help="MiB that unlocking takes: the more, the dearer each guess at your passphrase.",
)
@passphrase_option
@json_option
def init(memory: int, passphrase_fd: int | None, as_json: bool) -> None:
    """Make your node on this machine: a place for channels, under a passphrase.

    There is no other way in: nobody can reset a passphrase that is forgotten. The variable
    TRACKTWO_HOME names another folder for it.
    """
    from tracktwo.channel.node import Node
    from tracktwo.machine import home

    new = passphrase(passphrase_fd, new=True)
    Node.make(home(), new, memory=memory * 1024)
    _warn_of(new)
    if as_json:
        print_json({"home": str(home())})
    else:
        click.echo(f"Your node is in {legible(str(home()))}.")
        click.echo("Now begin a channel (tracktwo channel new), or come into one (channel join).")


@click.command(
    name="passphrase", short_help="Take another passphrase.", epilog=example("tracktwo passphrase")
)
@click.option(
    "--new-fd",
    type=click.IntRange(min=0),
    help="Read the new passphrase from this open file descriptor.",
)
@passphrase_option
@json_option
def change_passphrase(new_fd: int | None, passphrase_fd: int | None, as_json: bool) -> None:
    """Take another passphrase. Backups made before still open with the old one."""
    from tracktwo import keyfile
    from tracktwo.machine import home

    old = passphrase(passphrase_fd)
    if new_fd is None and os.environ.get("TRACKTWO_PASSPHRASE") is not None:
        raise BadInput("The new passphrase is to be told by --new-fd, or typed.")
    new = passphrase(new_fd, new=True)
    keyfile.change(home() / "node.key", old, new)
    _warn_of(new)
    print_said(as_json, {"changed": True}, "Your node has another passphrase.")


def _warn_of(passphrase: str) -> None:
    from tracktwo import keyfile

    if keyfile.is_weak(passphrase):
        text = (
            f"This passphrase has fewer than {keyfile.FAIR_LENGTH} characters, or is figures alone:"
            " whoever has this machine and time guesses it. Better take several words: tracktwo"
            " passphrase."
        )
        click.echo(text, err=True)


@click.group(name="channel", short_help="Begin a channel, let others in, see who is there, go.")
def channels() -> None:
    """Begin a channel, let others in, see who is there, go."""


@channels.command(
    short_help="Begin a channel.",
    epilog=example(
        "tracktwo channel new talks --pseudonym Convener --relay https://relay.example.org",
    ),
)
@click.argument("name")
@click.option("--pseudonym", required=True, help="What the others call you. Not your name.")
@click.option("--side", default="", help="The side you speak for; none for a convener.")
@click.option(
    "--role",
    type=click.Choice(["convener", "delegate", "observer"]),
    default="convener",
    show_default=True,
    help="What you are in it.",
)
@click.option(
    "--relay",
    envvar="TRACKTWO_RELAY",
    show_envvar=True,
    default="",
    help="Address of the relay; without one, all goes by courier.",
)
@click.option("--charter", type=_FILE, help="The charter as TOML, instead of what follows.")
@click.option("--title", help="What the channel is called by all. Its name is yours alone.")
@click.option("--goal", default="", help="What it is for.")
@click.option(
    "--rule",
    type=click.Choice(["chatham-house", "personal-capacity", "not-to-be-told"]),
    default="chatham-house",
    show_default=True,
    help="The rule of use.",
)
@click.option("--delete-after", type=click.IntRange(min=1), help="Delete what is older, in days.")
@click.option("--custodians", default="", help="Pseudonyms, with commas, who open its archives.")
@click.option("--languages", default="en", show_default=True, help="Codes, with commas.")
@click.option("--probes", default=3, show_default=True, help="Sittings for each agenda version.")
@click.option("--breadth", default="", help="Least breadth of a probe, as 20 or 20points.")
@passphrase_option
@json_option
def new(
    name: str,
    pseudonym: str,
    side: str,
    role: str,
    relay: str,
    charter: Path | None,
    passphrase_fd: int | None,
    as_json: bool,
    **terms: object,
) -> None:
    """Begin a channel, with you in it alone. Its charter is fixed from here on.

    A charter's file has these lines, all but the title as you need them: title, goal, rule,
    retention ("keep", "delete" with days, "archive" with custodians), languages, probes, breadth.
    """
    from tracktwo.terms import require_address, require_channel_name, require_name, require_side

    require_channel_name(name)
    fixed = _charter_of(charter, name, terms)
    require_name(pseudonym)
    require_address(relay)
    require_side(side, role)
    with node(passphrase_fd) as opened:
        opened.found(name, fixed, relay=relay, pseudonym=pseudonym, side=side, role=role)
    if as_json:
        print_json({"channel": name, "charter": fixed.plain()})
    else:
        way = "" if relay else " It has no relay, so all goes by courier."
        command = f"tracktwo channel invite {legible(name)} --side ..."
        click.echo(f"Channel {legible(name)} stands.{way} Invite somebody: {command}")


def _charter_of(path: Path | None, name: str, terms: dict[str, object]) -> Charter:
    import tomllib

    from tracktwo.terms import charter_of, listed

    if path is not None:
        try:
            return charter_of(tomllib.loads(read_text(path).decode()))
        except BadInput as error:
            if error.where:
                raise
            raise BadInput(error.what, where=legible(str(path)), advice=error.advice) from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise BadInput(f"This is no TOML ({error}).", where=legible(str(path))) from None
    days, custodians = terms["delete_after"], listed(terms["custodians"])
    return charter_of(
        {
            "title": str(terms["title"] or name),
            "goal": str(terms["goal"]),
            "rule": str(terms["rule"]),
            "retention": "delete" if days else "archive" if custodians else "keep",
            "days": int(str(days or 0)),
            "custodians": custodians,
            "languages": listed(terms["languages"]),
            "probes": int(str(terms["probes"])),
            "breadth": str(terms["breadth"]),
        }
    )


@channels.command(
    name="list", short_help="Which channels you are in.", epilog=example("tracktwo channel list")
)
@passphrase_option
@json_option
def list_(passphrase_fd: int | None, as_json: bool) -> None:
    """Which channels you are in."""
    with node(passphrase_fd) as opened:
        names = opened.names()
    if as_json:
        print_json(names)
    else:
        tell_if_none(names)
    for name in names if not as_json else []:
        click.echo(legible(name))


@channels.command(
    short_help="Show what was agreed when it began.",
    epilog=example("tracktwo channel charter talks"),
)
@click.argument("name")
@passphrase_option
@json_option
def charter(name: str, passphrase_fd: int | None, as_json: bool) -> None:
    """Show what was agreed when the channel began."""
    with channel(passphrase_fd, name) as replica:
        agreed = replica.charter
    if as_json:
        print_json(agreed.plain())
    else:
        show_charter(agreed)


@channels.command(
    short_help="Who is in it.",
    epilog=example(
        "tracktwo channel members talks",
        'tracktwo channel members talks --note Otter "Met in March."',
    ),
)
@click.argument("name")
@click.option("--note", nargs=2, metavar="MEMBER TEXT", help="Keep a note on a member, here only.")
@passphrase_option
@json_option
def members(
    name: str, note: tuple[str, str] | None, passphrase_fd: int | None, as_json: bool
) -> None:
    """Who is in it, by pseudonym. Your notes on them are on this machine alone.

    "signs texts as" is the fingerprint of the key that a member signs texts with, in this channel
    alone: to show somebody a signed text is to show who has that key.
    """
    with channel(passphrase_fd, name) as replica:
        if note is not None:
            replica.roster.annotate(find_member(replica, note[0]).id, note[1])
        rows = [_member_row(replica, member.id) for member in replica.roster.everyone()]
    if as_json:
        print_json(rows)
        return
    for row in rows:
        state = "" if row["state"] == "active" else f", {row['state']}"
        side = f" for {legible(str(row['side']))}" if row["side"] else ""
        known = "you" if row["you"] else ("verified" if row["verified"] else "unverified")
        click.echo(f"  {row['name']}: {row['role']}{side}, {known}{state}")
        click.echo(f"    signs texts as {row['signs_as']}")
        if row["note"]:
            click.echo(f"    {legible(str(row['note']))}")


def _member_row(replica: Replica, ident: bytes) -> dict[str, object]:
    from tracktwo.channel.signed_text import fingerprint

    member = replica.roster.get(ident)
    if member is None:
        raise KeyError
    return {
        "name": name_of(replica, member),
        "id": member.id.hex(),
        "side": member.card.side,
        "role": member.card.role,
        "state": member.state,
        "you": member.id == replica.own,
        "verified": member.is_verified,
        "signs_as": fingerprint(member.card.text),
        "last_contact": ago(replica.now(), member.heard),
        "note": member.note,
    }


@channels.command(
    short_help="Remove a member.", epilog=example("tracktwo channel remove talks Otter")
)
@click.argument("name")
@click.argument("member")
@passphrase_option
@json_option
def remove(name: str, member: str, passphrase_fd: int | None, as_json: bool) -> None:
    """Remove a member: it reads nothing said after, and all take new keys and inboxes."""
    from tracktwo.channel import parting

    with channel(passphrase_fd, name) as replica:
        parting.remove(replica, find_member(replica, member))
    print_said(
        as_json, {"removed": member}, f"{legible(member)} is removed; sync to tell the others."
    )


@channels.command(short_help="Leave a channel.", epilog=example("tracktwo channel leave talks"))
@click.argument("name")
@passphrase_option
@proxy_option
@json_option
def leave(name: str, passphrase_fd: int | None, proxy: str | None, as_json: bool) -> None:
    """Leave a channel and tell the others. What you have of it stays until you burn it."""
    from tracktwo.channel import parting
    from tracktwo.channel.sync import post_all

    with channel(passphrase_fd, name) as replica:
        parting.leave(replica)
        if replica.relay:
            with line_to_relays(proxy) as post:
                post_all(replica, post)
    print_said(as_json, {"left": name}, f"You have left {legible(name)}.")


@channels.command(
    short_help="Destroy all you have of a channel.", epilog=example("tracktwo channel burn talks")
)
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@passphrase_option
@json_option
def burn(name: str, yes: bool, passphrase_fd: int | None, as_json: bool) -> None:
    """Destroy all you have of a channel on this machine; the others are not told.

    Its key goes first, so what the disk may still hold is noise. Backups are not reached.
    """
    if not yes:
        if not sys.stdin.isatty():
            raise BadInput("There is nobody to ask.", advice="If you mean it, say --yes.")
        click.confirm(f"Destroy all of {legible(name)} on this machine?", abort=True, err=True)
    from tracktwo import burning
    from tracktwo.machine import home

    with node(passphrase_fd) as opened:
        burning.burn(opened, name, home())
    print_said(as_json, {"burned": name}, f"{legible(name)} is gone.")


for command in (joining.invite, joining.shut, joining.join, joining.verify):
    channels.add_command(command)
