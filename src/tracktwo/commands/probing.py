"""A probe with a member of a channel: asked, agreed to by both, carried as letters."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tracktwo.commands.desk import (
    channel,
    example,
    find_member,
    hour_text,
    json_option,
    name_of,
    passphrase_option,
    print_json,
    print_said,
    proxy_option,
)
from tracktwo.commands.sitting import go_on
from tracktwo.errors import BadInput
from tracktwo.legible import legible
from tracktwo.machine import home

if TYPE_CHECKING:
    from tracktwo.channel.replica import Replica
    from tracktwo.channel.roster import Member
    from tracktwo.deal.position import Position
    from tracktwo.probe.choice import Circuits, Offer
    from tracktwo.probe.proposal import Proposal

_FILE = click.Path(path_type=Path)


class FolderOrChannel(click.Group):
    """Takes `probe AGENDA POSITION ...` for `probe folder AGENDA POSITION ...`."""

    def parse_args(self, context: click.Context, arguments: list[str]) -> list[str]:
        """Put the command's name in front where the first word is none."""
        if arguments and arguments[0] not in (*self.commands, "-h", "--help"):
            arguments = ["folder", *arguments]
        return super().parse_args(context, arguments)


def _wait_option(function: Any) -> Any:  # noqa: ANN401 - a decorator
    text = "Come back after so many seconds without news; go on later with probe go."
    return click.option("--wait", type=click.IntRange(min=0), help=text)(function)


def _line_option(function: Any) -> Any:  # noqa: ANN401 - a decorator
    text = "What your line carries, in Mbit/s: only to tell how long it will take."
    kind = click.FloatRange(min=0, min_open=True)
    return click.option("--line", type=kind, default=20, show_default=True, help=text)(function)


def _yes_option(function: Any) -> Any:  # noqa: ANN401 - a decorator
    text = "You know what the answer may tell; do not ask."
    return click.option("--yes", is_flag=True, help=text)(function)


@click.command(
    short_help="Ask a member for a sitting.",
    epilog=example(
        "tracktwo probe ask talks agenda.toml position.toml --with Otter \\",
        "    --ask exists,where,best",
    ),
)
@click.argument("name")
@click.argument("agenda", type=_FILE)
@click.argument("position", type=_FILE)
@click.option("--with", "other", help="The member; none where there is one other delegate.")
@click.option(
    "--ask", "asked", required=True, help="What to ask: exists, how-much, where, best, with commas."
)
@click.option(
    "--rule",
    type=click.Choice(["nash", "egalitarian"]),
    default="nash",
    show_default=True,
    help="What the best package is best by.",
)
@click.option("--breadth", help="As for a probe by folder; else what the charter says.")
@click.option(
    "--circuit", type=click.Choice(["enumeration", "frontier"]), help="Insist on one way."
)
@_line_option
@_wait_option
@_yes_option
@passphrase_option
@proxy_option
@json_option
def ask(
    name: str,
    agenda: Path,
    position: Path,
    other: str | None,
    asked: str,
    rule: str,
    breadth: str | None,
    circuit: str | None,
    line: float,
    wait: int | None,
    yes: bool,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> int:
    """Ask a member of a channel for a sitting, and take part until it has an answer.

    The agenda goes to all in the channel; your position stays here. The other side is asked
    whether it agrees before anything is computed.
    """
    from tracktwo.deal.formats import dump_agenda
    from tracktwo.files import agenda_in, position_in
    from tracktwo.probe.asking import ask as ask_for
    from tracktwo.probe.choice import Circuits
    from tracktwo.probe.question import Question, parse_asked, parse_breadth

    with channel(passphrase_fd, name) as replica:
        terms = parse_breadth(breadth or replica.charter.breadth or "0")
        question = Question(parse_asked(asked), rule, *terms)
        peer = _other(replica, other)
        public = agenda_in(agenda)
        private = position_in(position, public)
        circuits = Circuits(public)
        offer = circuits.choose(question, circuit)
        _consent(replica, circuits, offer, private, peer, line=line, yes=yes)
        text = dump_agenda(public, "toml").decode()
        proposal = ask_for(replica, home(), offer, private, text, peer.id)
        click.echo(f"Probe {proposal.name} is asked.", err=True)
        return go_on(replica, name, proposal, offer, proxy, wait, as_json)


def _other(replica: Replica, name: str | None) -> Member:
    """Whom to ask. Raises BadInput."""
    from tracktwo.probe.asking import askable

    others = askable(replica)
    if name is not None:
        wanted = find_member(replica, name).id
        for who in others:
            if who.id == wanted:
                return who
        raise BadInput("Only another member, who is in the channel now, can be asked.")
    delegates = [m for m in others if m.card.role == "delegate"]
    if len(delegates) != 1:
        raise BadInput("With whom?", advice="Name the member: --with.")
    return delegates[0]


def _consent(
    replica: Replica,
    circuits: Circuits,
    offer: Offer,
    private: Position,
    peer: Member,
    *,
    line: float,
    yes: bool,
    but: bytes = b"",
) -> None:
    """Say what the answer may tell and what it takes. Raises BadInput if the person says no."""
    from tracktwo.probe.asking import sittings_left
    from tracktwo.probe.cost import pace
    from tracktwo.show import terminal, words

    offer.circuit.take(private)
    question, packages = offer.circuit.question, offer.circuit.packages
    left = sittings_left(replica, packages.agenda.digest())
    takes = words.taking(circuits, offer, pace(), line, words.CHANNEL)
    number = replica.charter.probes - sittings_left(replica, packages.agenda.digest(), but) + 1
    out = terminal.console(sys.stderr)
    terms = (question, packages, number)
    terminal.show_terms(
        out,
        *terms,
        cost=offer.cost,
        takes=takes,
        way=words.CHANNEL,
        is_verified=peer.is_verified,
    )
    verified = "" if peer.is_verified else ", whose keys you have not compared"
    click.echo(f"  The other side is {name_of(replica, peer)}{verified}.", err=True)
    click.echo(f"  The charter allows {max(0, left)} more on this agenda.", err=True)
    if not yes and sys.stdin.isatty() and sys.stderr.isatty():
        click.confirm("\nTake part in this sitting?", abort=True, err=True)


@click.command(
    short_help="Agree to a sitting.", epilog=example("tracktwo probe accept talks position.toml")
)
@click.argument("name")
@click.argument("position", type=_FILE)
@click.option("--probe", "which", help="Its six digits, where there are several.")
@_line_option
@_wait_option
@_yes_option
@passphrase_option
@proxy_option
@json_option
def accept(
    name: str,
    position: Path,
    which: str | None,
    line: float,
    wait: int | None,
    yes: bool,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> int:
    """Agree to a sitting you were asked for, and take part until it has an answer."""
    from tracktwo.files import position_in
    from tracktwo.probe.asking import accept as agree
    from tracktwo.probe.asking import find_asked
    from tracktwo.probe.choice import Circuits

    with channel(passphrase_fd, name) as replica:
        proposal = find_asked(replica, which)
        public = proposal.agenda
        private = position_in(position, public)
        circuits = Circuits(public)
        offer = circuits.choose(proposal.question, proposal.circuit)
        terms = (replica, circuits, offer, private, proposal.asker)
        _consent(*terms, line=line, yes=yes, but=proposal.id)
        agree(replica, home(), proposal, offer, private)
        return go_on(replica, name, proposal, offer, proxy, wait, as_json)


@click.command(
    short_help="Say no to a sitting, or take back asking.",
    epilog=example('tracktwo probe decline talks --because "Not before Friday."'),
)
@click.argument("name")
@click.option("--probe", "which", help="Its six digits, where there are several.")
@click.option("--because", default="", help="What the other side is told.")
@passphrase_option
@json_option
def decline(
    name: str, which: str | None, because: str, passphrase_fd: int | None, as_json: bool
) -> None:
    """Say no to a sitting you were asked for, or take back having asked. Sync to tell.

    Also gives up one that is under way; it counts as held.
    """
    from tracktwo.probe.asking import decline as refuse
    from tracktwo.probe.asking import find_open

    with channel(passphrase_fd, name) as replica:
        proposal = find_open(replica, which)
        refuse(replica, home(), proposal, because)
    said = f"Probe {proposal.name} is declined; sync to tell the others."
    print_said(as_json, {"declined": proposal.name}, said)


@click.command(short_help="Go on with a sitting.", epilog=example("tracktwo probe go talks"))
@click.argument("name")
@click.option("--probe", "which", help="Its six digits, where there are several.")
@_wait_option
@passphrase_option
@proxy_option
@json_option
def go(
    name: str,
    which: str | None,
    wait: int | None,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> int:
    """Go on with a sitting both agreed to, or show again how it ended."""
    from tracktwo.probe.asking import find_latest
    from tracktwo.probe.choice import Circuits
    from tracktwo.probe.proposal import STATES, find

    with channel(passphrase_fd, name) as replica:
        proposal = find_latest(replica) if which is None else find(replica, which, tuple(STATES))
        if proposal.state == "asked" and proposal.other.id == replica.own:
            advice = f"tracktwo probe accept {legible(name)} POSITION"
            raise BadInput(f"You have not agreed to probe {proposal.name} yet.", advice=advice)
        offer = Circuits(proposal.agenda).choose(proposal.question, proposal.circuit)
        return go_on(replica, name, proposal, offer, proxy, wait, as_json)


@click.command(
    short_help="Which sittings there were, and how each stands.",
    epilog=example("tracktwo probe status talks"),
)
@click.argument("name")
@passphrase_option
@json_option
def status(name: str, passphrase_fd: int | None, as_json: bool) -> None:
    """Which sittings there were in a channel, and how each stands."""
    from tracktwo.probe.proposal import proposals

    with channel(passphrase_fd, name) as replica:
        rows = [_row(replica, proposal) for proposal in proposals(replica)]
    if as_json:
        print_json(rows)
        return
    if not rows:
        click.echo("No sitting was asked for yet.", err=True)
    for row in rows:
        asked = ", ".join(map(str, row["asked"]))  # type: ignore[call-overload] # a list
        click.echo(f"{row['probe']}  {row['title']}: {asked}")
        click.echo(f"    {row['asker']} asked {row['other']} on {hour_text(int(str(row['hour'])))}")
        waits = row["state"] == "asked" and str(row["stands"]) == "waits for you"
        how = ": tracktwo probe accept, or decline" if waits else ""
        click.echo(f"    {row['stands']}{how}")


def _row(replica: Replica, proposal: Proposal) -> dict[str, object]:
    from tracktwo.probe.asking import left_for
    from tracktwo.show.standing import stands

    return {
        "probe": proposal.name,
        "title": proposal.title,
        "asked": list(proposal.question.asked),
        "asker": name_of(replica, proposal.asker),
        "other": name_of(replica, proposal.other),
        "hour": proposal.hour,
        "state": proposal.state,
        "stands": stands(replica, proposal),
        "sittings_left": left_for(replica, proposal),
    }
