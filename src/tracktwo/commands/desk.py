"""What the node's commands share: whose node, its passphrase, the way to relays, how to print."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from tracktwo.errors import BadInput
from tracktwo.legible import legible, moment
from tracktwo.machine import home

if TYPE_CHECKING:
    from tracktwo.channel.charter import Charter
    from tracktwo.channel.node import Node
    from tracktwo.channel.post import Post
    from tracktwo.channel.replica import Replica
    from tracktwo.channel.roster import Member
    from tracktwo.said import Said

_F = TypeVar("_F", bound=Callable[..., Any])


def example(*lines: str, more: str = "") -> str:
    """The end of a command's help."""
    return "\b\nFor example:\n" + "\n".join(f"  {line}" for line in lines) + f"\n\n{more}"


def json_option(function: _F) -> _F:
    """`--json`."""
    text = "One JSON object instead of words."
    return click.option("--json", "as_json", is_flag=True, help=text)(function)


def passphrase_option(function: _F) -> _F:
    """`--passphrase-fd`: for programs; a person is asked."""
    text = (
        "For programs: read the passphrase from this open file descriptor; or set the variable"
        " TRACKTWO_PASSPHRASE."
    )
    return click.option("--passphrase-fd", type=click.IntRange(min=0), help=text)(function)


def proxy_option(function: _F) -> _F:
    """`--proxy`."""
    text = "Reach relays through this proxy, as socks5h://127.0.0.1:9050 for Tor."
    return click.option("--proxy", envvar="TRACKTWO_PROXY", show_envvar=True, help=text)(function)


def line_to_relays(proxy: str | None) -> Post:
    """Connections to relays, with the token of our own one from TRACKTWO_RELAY_TOKEN if set."""
    from tracktwo.channel.post import Post

    return Post(proxy, os.environ.get("TRACKTWO_RELAY_TOKEN") or None)


def passphrase(descriptor: int | None, *, new: bool = False) -> str:
    """From the descriptor, the variable TRACKTWO_PASSPHRASE, or the keyboard, in this order.

    Never from an argument, which every user of a machine can read. Raises BadInput.
    """
    if descriptor is not None:
        try:
            with os.fdopen(descriptor, encoding="utf-8", closefd=False) as file:
                return file.readline().rstrip("\r\n")
        except (OSError, UnicodeDecodeError):
            raise BadInput(f"Nothing can be read from descriptor {descriptor}.") from None
    if (named := os.environ.get("TRACKTWO_PASSPHRASE")) is not None:
        return named
    if not sys.stdin.isatty():
        advice = "Use --passphrase-fd, or the variable TRACKTWO_PASSPHRASE."
        raise BadInput("There is nobody to ask for the passphrase.", advice=advice)
    text: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=new, err=True)
    return text


@contextmanager
def node(descriptor: int | None) -> Iterator[Node]:
    """This person's node, unlocked."""
    from tracktwo.channel.node import Node

    opened = Node(home(), passphrase(descriptor))
    try:
        yield opened
    finally:
        opened.close()


@contextmanager
def channel(descriptor: int | None, name: str) -> Iterator[Replica]:
    """One of its channels, open."""
    with node(descriptor) as opened, opened.channel(name) as replica:
        yield replica


def tell_if_none(names: list[str]) -> None:
    """Say what to do where there is no channel yet."""
    if not names:
        way = "tracktwo channel new, or tracktwo channel join."
        click.echo(f"You are in no channel yet: {way}", err=True)


def print_json(value: object) -> None:
    """One object, for programs."""
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


def find_member(replica: Replica, name: str) -> Member:
    """The member of this pseudonym, or whose id begins so. Raises BadInput if not one."""
    found = [
        member
        for member in replica.roster.everyone()
        if name in (member.card.pseudonym, name_of(replica, member))
    ]
    if len(found) == 1:
        return found[0]
    listed = ", ".join(name_of(replica, member) for member in replica.roster.everyone())
    what = "There are several members" if found else "There is no member"
    raise BadInput(f"{what} called {name!r}.", advice=f"There are: {legible(listed)}.")


def name_of(replica: Replica, member: Member) -> str:
    """A pseudonym; with the beginning of the id where two have the same."""
    from tracktwo.channel import view

    return view.name_of(replica, member)


def hour_text(hour: int) -> str:
    """An hour since 1970, on this machine's clock, in words."""
    return moment(hour).strftime("%d %b %Y, %H h")


def ago(now: int, then: int | None) -> str:
    """How long ago, in words."""
    if then is None:
        return "never"
    for size, word in ((86_400, "day"), (3600, "hour"), (60, "minute")):
        count = (now - then) // size
        if count >= 1:
            return f"{count} {word}{'s' if count > 1 else ''} ago"
    return "just now"


def read_text(path: Path) -> bytes:
    """A small file's bytes. Raises BadInput."""
    try:
        if path.stat().st_size > 1 << 20:
            raise BadInput("This file is too large for what it should be.", where=str(path))
        return path.read_bytes()
    except OSError as error:
        raise BadInput(f"It cannot be read ({error.strerror}).", where=legible(str(path))) from None


def print_said(as_json: bool, plain: dict[str, object], sentence: str) -> None:
    """One sentence, or one object for programs."""
    if as_json:
        print_json(plain)
    else:
        click.echo(sentence)


def show_charter(agreed: Charter, *, err: bool = False) -> None:
    """What the members of a channel agreed to, whole."""
    from tracktwo.channel.charter import RULES

    click.echo(f"{legible(agreed.title)}\n", err=err)
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
            click.echo(f"  {what}: {legible(text)}", err=err)


def probe_lines(replica: Replica) -> Mapping[bytes, Said]:
    """What probes add to the talk, by event."""
    if not replica.store.one("SELECT 1 FROM event WHERE kind = 'probe.ask'"):
        return {}  # what reads an agenda takes long to import
    from tracktwo.probe.proposal import lines

    return lines(replica)
