"""Channels: begin one, let others in, see who is there, go."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracktwo.commands.desk import (
    ago,
    channel,
    find_member,
    json_option,
    name_of,
    node,
    passphrase,
    passphrase_option,
    print_json,
    proxy_option,
    read_text,
)
from tracktwo.errors import BadInput, Malformed, NotYet
from tracktwo.legible import legible

if TYPE_CHECKING:
    from tracktwo.channel.charter import Charter
    from tracktwo.channel.invite import Invitation
    from tracktwo.channel.node import Node
    from tracktwo.channel.post import Post
    from tracktwo.channel.replica import Replica

_FILE = click.Path(path_type=Path)
_HEADER = b"tracktwo invitation 1\n"
_LOOK = 2  # seconds of waiting at a time, while somebody may stand at the door


@click.command(short_help="Make your node on this machine.")
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

    There is no other way in: nobody can reset a passphrase that is forgotten.
    """
    from tracktwo.channel.node import Node
    from tracktwo.machine import home

    Node.make(home(), passphrase(passphrase_fd, new=True), memory=memory * 1024)
    if as_json:
        print_json({"home": str(home())})
    else:
        click.echo(f"Your node is in {legible(str(home()))}.")


@click.group(name="channel", short_help="Begin a channel, let others in, see who is there, go.")
def channels() -> None:
    """Begin a channel, let others in, see who is there, go."""


@channels.command(short_help="Begin a channel.")
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
@click.option("--relay", envvar="TRACKTWO_RELAY", default="", help="Address of the relay.")
@click.option("--charter", type=_FILE, help="The charter as TOML; else these options make it.")
@click.option("--title", help="What the channel is called by all. Its name is yours alone.")
@click.option("--goal", default="", help="What it is for.")
@click.option("--rule", default="chatham-house", show_default=True, help="The rule of use.")
@click.option("--delete-after", type=click.IntRange(min=1), help="Delete what is older, in days.")
@click.option("--languages", default="en", show_default=True, help="Codes, with commas.")
@click.option("--probes", default=3, show_default=True, help="Sittings for each agenda version.")
@click.option("--breadth", default="", help="Least breadth of a probe.")
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
    """Begin a channel, with you in it alone. Its charter is fixed from here on."""
    fixed = _charter_of(charter, name, terms)
    _require_name(pseudonym)
    with node(passphrase_fd) as opened:
        opened.found(name, fixed, relay=relay, pseudonym=pseudonym, side=side, role=role)
    if as_json:
        print_json({"channel": name, "charter": fixed.plain()})
    else:
        click.echo(f"Channel {legible(name)} stands. Invite somebody: tracktwo channel invite.")


def _charter_of(path: Path | None, name: str, terms: dict[str, object]) -> Charter:
    import tomllib

    from tracktwo.channel.charter import Charter, from_plain

    if path is not None:
        try:
            fields = tomllib.loads(read_text(path).decode())
            defaults = Charter(title="-").plain()
            return from_plain(defaults | fields)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError, Malformed) as error:
            reason = "" if isinstance(error, Malformed) else f" ({error})"
            raise BadInput(f"This is no charter{reason}.", where=legible(str(path))) from None
    days = terms["delete_after"]
    return Charter(
        title=str(terms["title"] or name),
        goal=str(terms["goal"]),
        rule=str(terms["rule"]),
        retention="delete" if days else "keep",
        days=int(str(days or 0)),
        languages=tuple(str(terms["languages"]).split(",")),
        probes=int(str(terms["probes"])),
        breadth=str(terms["breadth"]),
    )


def _require_name(pseudonym: str) -> None:
    from tracktwo.channel.card import is_name

    if not pseudonym or not is_name(pseudonym):
        raise BadInput("A pseudonym is one line of 1 to 64 printable characters.")


@channels.command(name="list", short_help="Which channels you are in.")
@passphrase_option
@json_option
def list_(passphrase_fd: int | None, as_json: bool) -> None:
    """Which channels you are in."""
    with node(passphrase_fd) as opened:
        names = opened.names()
    if as_json:
        print_json(names)
    for name in names if not as_json else []:
        click.echo(legible(name))


@channels.command(short_help="Show what was agreed when it began.")
@click.argument("name")
@passphrase_option
@json_option
def charter(name: str, passphrase_fd: int | None, as_json: bool) -> None:
    """Show what was agreed when the channel began."""
    from tracktwo.channel.charter import RULES

    with channel(passphrase_fd, name) as replica:
        agreed = replica.charter
    if as_json:
        print_json(agreed.plain())
        return
    click.echo(f"{legible(agreed.title)}\n")
    rows = {
        "Goal": agreed.goal or "not written down",
        "Rule of use": RULES[agreed.rule],
        "Retention": f"deleted after {agreed.days} days" if agreed.days else agreed.retention,
        "Custodians": ", ".join(agreed.custodians),
        "Languages": ", ".join(agreed.languages),
        "Probes": f"{agreed.probes} sittings for each version of an agenda",
        "Breadth": agreed.breadth or "none asked",
    }
    for what, text in rows.items():
        if text:
            click.echo(f"  {what}: {legible(text)}")


@channels.command(short_help="Who is in it.")
@click.argument("name")
@click.option("--note", nargs=2, metavar="MEMBER TEXT", help="Keep a note on a member, here only.")
@passphrase_option
@json_option
def members(
    name: str, note: tuple[str, str] | None, passphrase_fd: int | None, as_json: bool
) -> None:
    """Who is in it, by pseudonym. Your notes on them are on this machine alone."""
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
        if row["note"]:
            click.echo(f"    {legible(str(row['note']))}")


def _member_row(replica: Replica, ident: bytes) -> dict[str, object]:
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
        "last_contact": ago(replica.now(), member.heard),
        "note": member.note,
    }


@channels.command(short_help="Let one more in.")
@click.argument("name")
@click.option(
    "--role",
    type=click.Choice(["convener", "delegate", "observer"]),
    default="delegate",
    show_default=True,
    help="What the new member is.",
)
@click.option("--side", default="", help="The side a delegate speaks for.")
@click.option("--file", type=_FILE, help="Write a file to hand over, instead of a code to say.")
@click.option("--wait/--no-wait", default=True, help="Stay until somebody came in by the code.")
@passphrase_option
@proxy_option
@json_option
def invite(
    name: str,
    role: str,
    side: str,
    file: Path | None,
    wait: bool,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> None:
    """Let one more in: by a code to say over the telephone, or a file to hand over.

    A code works once, and a wrong guess closes it. Whoever has the file can come in once: hand it
    over as you would a key.
    """
    from tracktwo.channel import invite as invites
    from tracktwo.channel.post import Post
    from tracktwo.channel.rendezvous import open_door

    with channel(passphrase_fd, name) as replica:
        invitation = invites.invite(replica, role=role, side=side, now=replica.now)
        if file is not None:
            _write_invitation(file, invitation)
            if replica.relay:
                with Post(proxy) as post:
                    _make_inbox(replica, post)
            _said(as_json, {"file": str(file)}, f"The invitation is in {legible(str(file))}.")
            return
        if not replica.relay:
            raise BadInput("A code needs a relay.", advice="This channel has none: use --file.")
        code = open_door(replica, invitation)
        if as_json:
            print_json({"code": str(code), "relay": replica.relay})
        else:
            click.echo(f"Say this over the telephone, once:\n\n    {code}\n")
            click.echo(f"The other types: tracktwo channel join {code} --relay {replica.relay}")
        sys.stdout.flush()
        with Post(proxy) as post:
            _attend(replica, post, invitation, wait=wait, quiet=as_json)


def _make_inbox(replica: Replica, post: Post) -> None:
    from tracktwo.channel.keys import Keys

    keys = Keys.load(replica.store)
    post.make_mailbox(replica.relay, keys.receive, keys.send)


def _attend(
    replica: Replica, post: Post, invitation: Invitation, *, wait: bool, quiet: bool
) -> None:
    """Synchronise until somebody came in by this invitation."""
    from tracktwo.channel.sync import synchronise

    while True:
        synchronise(replica, post, wait=_LOOK if wait else 0)
        row = replica.store.row("SELECT member FROM invitation WHERE id = ?", invitation.id)
        if row[0] is not None:
            member = replica.roster.get(row[0])
            if member is not None and not quiet:
                click.echo(f"{name_of(replica, member)} is in. Now compare your keys: verify.")
            return
        if not wait:
            return


def _write_invitation(path: Path, invitation: Invitation) -> None:
    import base64

    from tracktwo.files import write_new

    text = base64.encodebytes(invitation.encode())
    write_new(path, _HEADER + text, force=False, private=True)


@channels.command(short_help="Come into a channel.")
@click.argument("code_or_file")
@click.option("--name", required=True, help="What you call the channel.")
@click.option("--pseudonym", required=True, help="What the others call you. Not your name.")
@click.option("--relay", envvar="TRACKTWO_RELAY", help="Address of the relay.")
@click.option("--wait", type=click.IntRange(min=0), help="Give up after so many seconds.")
@passphrase_option
@proxy_option
@json_option
def join(
    code_or_file: str,
    name: str,
    pseudonym: str,
    relay: str | None,
    wait: int | None,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> None:
    """Come into a channel, by the code you were told or the file you were given.

    Stopped at any moment, it goes on when it is run again.
    """
    from tracktwo.channel.post import Post

    _require_name(pseudonym)
    with node(passphrase_fd) as opened, Post(proxy) as post:
        if name not in opened.names():
            invitation = _invitation(opened, post, code_or_file, name, relay, wait)
            inbox = invitation.inviter.relay if relay is None else relay
            opened.join(name, invitation, relay=inbox, pseudonym=pseudonym)
            opened.met(name)
        with opened.channel(name) as replica:
            _come_in(replica, post, wait, as_json)


def _invitation(
    opened: Node, post: Post, code_or_file: str, name: str, relay: str | None, wait: int | None
) -> Invitation:
    import base64
    import binascii
    import time

    from tracktwo.channel import invite as invites
    from tracktwo.channel.rendezvous import read_code

    path = Path(code_or_file)
    if path.exists():
        data = read_text(path)
        try:
            if not data.startswith(_HEADER):
                raise Malformed("no header")
            return invites.read(base64.decodebytes(data[len(_HEADER) :]))
        except (Malformed, binascii.Error):
            raise BadInput("This is no invitation.", where=legible(code_or_file)) from None
    code = read_code(code_or_file)
    if not relay:
        raise BadInput("A code needs to know the relay.", advice="Give it: --relay.")
    meeting = opened.meeting(name, code)
    click.echo("Waiting for the one who invited you ...", err=True)
    start = time.monotonic()
    while True:
        invitation = meeting.go_on(relay, post, _LOOK)
        if invitation is not None:
            return invitation
        _give_up_after(wait, start, "The one who invited you has not answered yet.")


def _give_up_after(wait: int | None, start: float, what: str) -> None:
    import time

    if wait is not None and time.monotonic() - start >= wait:
        raise NotYet(f"{what} Run the same command again to go on.")


def _come_in(replica: Replica, post: Post, wait: int | None, as_json: bool) -> None:
    import time

    from tracktwo.channel.sync import synchronise

    start = time.monotonic()
    while replica.relay:
        synchronise(replica, post, wait=0 if replica.is_in else _LOOK)
        if replica.is_in:
            break
        _give_up_after(wait, start, "You were not let in yet.")
    if as_json:
        print_json({"in": replica.is_in, "charter": replica.charter.plain()})
    elif replica.is_in:
        click.echo(f"You are in: {legible(replica.charter.title)}. Now compare your keys: verify.")
    else:
        click.echo("Your first word is ready: tracktwo courier out.")


@channels.command(short_help="Compare keys with a member.")
@click.argument("name")
@click.argument("member", required=False)
@click.option("--number", help="The number the other read to you: it is compared here.")
@passphrase_option
@json_option
def verify(
    name: str, member: str | None, number: str | None, passphrase_fd: int | None, as_json: bool
) -> None:
    """Compare keys with a member: read the number to each other over a way you trust.

    The number stands for the keys of all and for who is who. If it is the same, nobody stands
    between you; until it was compared a member is shown as unverified.
    """
    from tracktwo.channel.verify import compare, number_of

    with channel(passphrase_fd, name) as replica:
        if member is None or number is None:
            value = number_of(replica)
            if as_json:
                print_json({"number": value})
            else:
                click.echo(f"Read this to each other:\n\n{_in_lines(value)}\n")
                command = f"tracktwo channel verify {legible(name)} MEMBER --number ..."
                click.echo(f"If it is the same: {command}")
            return
        who = find_member(replica, member)
        compare(replica, who, number)
    if as_json:
        print_json({"verified": member})
    else:
        click.echo(f"{legible(member)} is verified.")


def _in_lines(number: str) -> str:
    groups = number.split(" ")
    return "\n".join("    " + " ".join(groups[at : at + 4]) for at in range(0, len(groups), 4))


@channels.command(short_help="Remove a member.")
@click.argument("name")
@click.argument("member")
@passphrase_option
@json_option
def remove(name: str, member: str, passphrase_fd: int | None, as_json: bool) -> None:
    """Remove a member: it reads nothing said after, and all take new keys and inboxes."""
    from tracktwo.channel.replica import REMOVE

    with channel(passphrase_fd, name) as replica:
        if not replica.may_convene:
            raise BadInput("Only a convener, or who began the channel, removes.")
        who = find_member(replica, member)
        if who.id == replica.own:
            raise BadInput("You cannot remove yourself.", advice="tracktwo channel leave.")
        replica.say(REMOVE, {"member": who.id})
    _said(as_json, {"removed": member}, f"{legible(member)} is removed; sync to tell the others.")


@channels.command(short_help="Leave a channel.")
@click.argument("name")
@passphrase_option
@proxy_option
@json_option
def leave(name: str, passphrase_fd: int | None, proxy: str | None, as_json: bool) -> None:
    """Leave a channel and tell the others. What you have of it stays until you burn it."""
    from tracktwo.channel.post import Post
    from tracktwo.channel.replica import LEAVE
    from tracktwo.channel.sync import post_all

    with channel(passphrase_fd, name) as replica:
        replica.say(LEAVE, {})
        if replica.relay:
            with Post(proxy) as post:
                post_all(replica, post)
    _said(as_json, {"left": name}, f"You have left {legible(name)}.")


@channels.command(short_help="Destroy all you have of a channel.")
@click.argument("name")
@click.option("--yes", is_flag=True, help="Do not ask.")
@passphrase_option
@json_option
def burn(name: str, yes: bool, passphrase_fd: int | None, as_json: bool) -> None:
    """Destroy all you have of a channel on this machine; the others are not told.

    Its key goes first, so what the disk may still hold is noise. Backups are not reached.
    """
    if not yes:
        click.confirm(f"Destroy all of {legible(name)} on this machine?", abort=True, err=True)
    with node(passphrase_fd) as opened:
        opened.burn(name)
    _said(as_json, {"burned": name}, f"{legible(name)} is gone.")


def _said(as_json: bool, plain: dict[str, object], sentence: str) -> None:
    if as_json:
        print_json(plain)
    else:
        click.echo(sentence)
