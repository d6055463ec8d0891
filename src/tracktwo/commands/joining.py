"""Coming into a channel: invited by a code or a file, let in, keys compared."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from tracktwo.commands.desk import (
    channel,
    example,
    find_member,
    json_option,
    line_to_relays,
    name_of,
    node,
    passphrase_option,
    print_json,
    print_said,
    proxy_option,
    read_text,
    show_charter,
)
from tracktwo.errors import BadInput, Malformed, NotYet
from tracktwo.legible import legible

if TYPE_CHECKING:
    from tracktwo.channel.invite import Invitation
    from tracktwo.channel.node import Node
    from tracktwo.channel.post import Post
    from tracktwo.channel.rendezvous import Code
    from tracktwo.channel.replica import Replica

_FILE = click.Path(path_type=Path)
_USED = (
    "The code was used; the other may be reading the charter. If the other is told that it was not"
    " the one, stop this and invite again: somebody guessed."
)
_HESITATES = 4  # seconds after which whoever used a code should have come in
_LOOK = 2  # seconds of waiting at a time, while somebody may stand at the door


@click.command(
    short_help="Let one more in.",
    epilog=example(
        "tracktwo channel invite talks --side North",
        "tracktwo channel invite talks --role observer --file invitation",
    ),
)
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
@click.option("--qr", is_flag=True, help="Also show the code as a QR code, for a camera.")
@click.option("--wait/--no-wait", default=True, help="Stay until somebody came in by the code.")
@passphrase_option
@proxy_option
@json_option
def invite(
    name: str,
    role: str,
    side: str,
    file: Path | None,
    qr: bool,
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
    from tracktwo.channel.rendezvous import open_door
    from tracktwo.terms import require_side

    require_side(side)
    with channel(passphrase_fd, name) as replica:
        if file is None and not replica.relay:
            raise BadInput("A code needs a relay.", advice="This channel has none: use --file.")
        invitation = invites.invite(replica, role=role, side=side, now=replica.now)
        if file is not None:
            _write_invitation(file, invitation)
            if replica.relay:
                with line_to_relays(proxy) as post:
                    _make_inbox(replica, post)
            print_said(as_json, {"file": str(file)}, f"The invitation is in {legible(str(file))}.")
            return
        with line_to_relays(proxy) as post:
            code = open_door(replica, invitation, post)
            _say_code(code, replica.relay, as_json=as_json, qr=qr)
            newcomer = _attend(replica, post, invitation, code.number, wait=wait)
        if newcomer is not None and not as_json:
            command = f"tracktwo channel verify {legible(name)}"
            click.echo(f"{newcomer} is in. Now compare your keys: {command}")


def _say_code(code: Code, relay: str, *, as_json: bool, qr: bool) -> None:
    from tracktwo.channel.handing import link_of

    link = link_of(str(code), relay)
    if as_json:
        print_json({"code": str(code), "relay": relay, "link": link})
    else:
        click.echo(f"Say this over the telephone, once:\n\n    {code}\n")
        typed = f"tracktwo channel join {code} --relay {relay}"
        click.echo(f"The other types: {typed} --name ... --pseudonym ...")
        if qr:
            _show_qr(link)
    sys.stdout.flush()


def _show_qr(link: str) -> None:
    """The link for a camera, in half blocks; light on dark or dark on light does not matter."""
    import segno

    click.echo()
    segno.make(link, error="m").terminal(out=sys.stdout, compact=True)


def _make_inbox(replica: Replica, post: Post) -> None:
    from tracktwo.channel.keys import Keys

    keys = Keys.load(replica.store)
    post.make_mailbox(replica.relay, keys.receive, keys.send)


def _attend(
    replica: Replica,
    post: Post,
    invitation: Invitation,
    door: str,
    *,
    wait: bool,
) -> str | None:
    """Synchronise until somebody came in by this invitation: who it is."""
    import time

    from tracktwo.channel.sync import synchronise

    used_at, is_told = None, False
    told: set[str] = set()
    while True:
        report = synchronise(replica, post, wait=_LOOK if wait else 0)
        for sentence in report.trouble:
            if sentence not in told:
                told.add(sentence)
                click.echo(sentence, err=True)
        row = replica.store.row("SELECT member FROM invitation WHERE id = ?", invitation.id)
        if row[0] is not None:
            member = replica.roster.get(row[0])
            return None if member is None else name_of(replica, member)
        state = replica.store.one("SELECT state FROM rendezvous WHERE number = ?", door)
        if state == "closed" and used_at is None:
            used_at = time.monotonic()
        if used_at is not None and not is_told and time.monotonic() - used_at > _HESITATES:
            is_told = True
            click.echo(_USED, err=True)
        if not wait:
            return None


def _write_invitation(path: Path, invitation: Invitation) -> None:
    from tracktwo.channel.handing import to_file
    from tracktwo.files import write_new

    write_new(path, to_file(invitation), force=False, private=True)


@click.command(
    short_help="Close every door that stands open.", epilog=example("tracktwo channel shut talks")
)
@click.argument("name")
@passphrase_option
@json_option
def shut(name: str, passphrase_fd: int | None, as_json: bool) -> None:
    """Close every door that stands open: codes and files that nobody used open nothing any more."""
    from tracktwo.channel.invite import withdraw_all

    with channel(passphrase_fd, name) as replica:
        count = withdraw_all(replica)
    print_said(as_json, {"closed": count}, f"{count} invitations are closed.")


@click.command(
    short_help="Come into a channel.",
    epilog=example(
        "tracktwo channel join 41377-harbor-violin --relay https://relay.example.org \\",
        "    --name talks --pseudonym Heron",
    ),
)
@click.argument("code_or_file")
@click.option("--name", required=True, help="What you call the channel.")
@click.option("--pseudonym", required=True, help="What the others call you. Not your name.")
@click.option(
    "--relay",
    envvar="TRACKTWO_RELAY",
    show_envvar=True,
    help="Address of the relay; with a file, where your own inbox is to be, if elsewhere.",
)
@click.option("--wait", type=click.IntRange(min=0), help="Give up after so many seconds.")
@click.option("--yes", is_flag=True, help="You know the charter; do not ask.")
@passphrase_option
@proxy_option
@json_option
def join(
    code_or_file: str,
    name: str,
    pseudonym: str,
    relay: str | None,
    wait: int | None,
    yes: bool,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> None:
    """Come into a channel, by the code you were told or the file you were given.

    The link that a QR code says does as well. You are shown the charter first, and at a terminal
    you are asked: until then nobody is told anything of you.

    Stopped at any moment, it goes on when it is run again.
    """
    from tracktwo.terms import require_address, require_name

    require_name(pseudonym)
    require_address(relay)
    with node(passphrase_fd) as opened, line_to_relays(proxy) as post:
        if name in opened.names():
            _require_on_the_way(opened, name)
        else:
            invitation = _invitation(opened, post, code_or_file, name, relay, wait)
            _consent(invitation, yes=yes)
            inbox = invitation.inviter.relay if relay is None else relay
            opened.join(name, invitation, relay=inbox, pseudonym=pseudonym)
            opened.met(name)
        with opened.channel(name) as replica:
            _come_in(replica, name, post, wait, as_json)


def _consent(invitation: Invitation, *, yes: bool) -> None:
    """Show what coming in agrees to, and ask."""
    inviter, side = legible(invitation.inviter.pseudonym), legible(invitation.side)
    role = f"{invitation.role} for {side}" if side else invitation.role
    click.echo(f"{inviter} invites you: {role}. Who comes in agrees to this charter.\n", err=True)
    show_charter(invitation.charter, err=True)
    if not yes and sys.stdin.isatty() and sys.stderr.isatty():
        click.confirm("\nCome in?", abort=True, err=True)


def _require_on_the_way(opened: Node, name: str) -> None:
    """Raise BadInput if this name is a channel's that we are in already."""
    with opened.channel(name) as replica:
        if replica.roster.get(replica.own) is not None:
            raise BadInput(
                f"You are in a channel {name!r} already.",
                advice="To come into another, give another --name.",
            )


def _invitation(
    opened: Node, post: Post, code_or_file: str, name: str, relay: str | None, wait: int | None
) -> Invitation:
    from tracktwo.channel.handing import from_file, read_link
    from tracktwo.channel.rendezvous import read_code

    path = Path(code_or_file)
    if path.exists():
        try:
            return from_file(read_text(path))
        except Malformed:
            raise BadInput("This is no invitation.", where=legible(code_or_file)) from None
    code_or_file, told = read_link(code_or_file)
    relay = relay or told
    try:
        code = read_code(code_or_file)
    except BadInput as error:
        if any(sign in code_or_file for sign in " -"):
            raise
        what = "There is no file of that name, and it is no code."
        raise BadInput(what, where=legible(code_or_file), advice=str(error)) from None
    if not relay:
        raise BadInput("A code needs to know the relay.", advice="Give it: --relay.")
    return _met(opened, post, code, name, relay, wait)


def _met(
    opened: Node, post: Post, code: Code, name: str, relay: str, wait: int | None
) -> Invitation:
    """Knock by a code until it is answered. It opens once: what came is kept until a yes."""
    import time

    if (kept := opened.invited(name, str(code))) is not None:
        return kept
    meeting = opened.meeting(name, code)
    click.echo("Waiting for the one who invited you ...", err=True)
    start = time.monotonic()
    while True:
        try:
            invitation = meeting.go_on(relay, post, _LOOK)
        except BadInput:
            opened.met(name)  # whoever answered had one guess at the words, and gets no second
            raise
        if invitation is not None:
            opened.keep_invitation(name, str(code), invitation)
            return invitation
        _give_up_after(wait, start, "The one who invited you has not answered yet.")


def _give_up_after(wait: int | None, start: float, what: str) -> None:
    import time

    if wait is not None and time.monotonic() - start >= wait:
        raise NotYet(f"{what} Run the same command again to go on.")


def _come_in(replica: Replica, name: str, post: Post, wait: int | None, as_json: bool) -> None:
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
        command = f"tracktwo channel verify {legible(name)}"
        title = legible(replica.charter.title)
        click.echo(f"You are in: {title}. Now compare your keys: {command}")
    else:
        command = f"tracktwo courier out {legible(name)} FILE"
        click.echo(f"Your first word is ready to be carried: {command}")


@click.command(
    short_help="Compare keys with a member.",
    epilog=example(
        "tracktwo channel verify talks",
        'tracktwo channel verify talks Heron --number "48213 99017 ..."',
    ),
)
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

    if member is None and number is not None:
        raise BadInput("Whose number is this?", advice="Name the member before --number.")
    with channel(passphrase_fd, name) as replica:
        who = replica.me if member is None else find_member(replica, member)
        if number is None:
            value = number_of(replica)
            if as_json:
                print_json({"number": value})
            else:
                click.echo(f"Read this to each other:\n\n{_in_lines(value)}\n")
                whom = "MEMBER" if member is None else legible(member)
                command = f'tracktwo channel verify {legible(name)} {whom} --number "..."'
                click.echo(f"Then type what the other read to you: {command}")
            return
        compare(replica, who, number)
        known = name_of(replica, who)
    print_said(as_json, {"verified": known}, f"{known} is verified.")


def _in_lines(number: str) -> str:
    groups = number.split(" ")
    return "\n".join("    " + " ".join(groups[at : at + 4]) for at in range(0, len(groups), 4))
