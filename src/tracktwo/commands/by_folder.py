"""A probe through a folder both sides reach."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import click

from tracktwo.commands.desk import example, json_option
from tracktwo.errors import BadInput

_FILE = click.Path(path_type=Path)
_NAME_LENGTH = 64


def _side(context: click.Context, parameter: click.Parameter, value: str) -> str:
    name = unicodedata.normalize("NFC", value) if len(value) <= 4 * _NAME_LENGTH else value
    if not 0 < len(name) <= _NAME_LENGTH or not name.isprintable() or name != name.strip():
        raise click.BadParameter(
            f"a name is 1 to {_NAME_LENGTH} printable characters, none of them invisible,"
            " with no space at its ends."
        )
    return name


def _breadth(context: click.Context, parameter: click.Parameter, value: str) -> tuple[int, str]:
    from tracktwo.probe.question import parse_breadth

    try:
        return parse_breadth(value)
    except BadInput as error:
        raise click.BadParameter(str(error)) from None


@click.command(
    name="folder",
    short_help="Through a folder both reach; no node is needed.",
    epilog=example(
        "tracktwo probe folder agenda.toml guild.toml --side Guild --folder shared \\",
        "    --ask exists,where,best",
        more="Exit code: 0 answered, 2 bad input, 3 refused for breadth, 4 stopped because the"
        " other side's messages are wrong or the check failed, 5 the other side owes a message and"
        " --wait is over, 130 interrupted.",
    ),
)
@click.argument("agenda", type=_FILE)
@click.argument("position", type=_FILE)
@click.option("--side", required=True, callback=_side, help="Your side's name, seen by the other.")
@click.option(
    "--ask", required=True, help="What to ask: exists, how-much, where, best, with commas."
)
@click.option("--folder", required=True, type=_FILE, help="The folder both sides reach.")
@click.option(
    "--rule",
    type=click.Choice(["nash", "egalitarian"]),
    default="nash",
    show_default=True,
    help="What the best package is best by.",
)
@click.option(
    "--breadth",
    default="0",
    callback=_breadth,
    show_default=True,
    help="Answer only if each side accepts at least so many packages; or, as in 20points, if its"
    " best one lies so far above its line.",
)
@click.option(
    "--circuit",
    type=click.Choice(["enumeration", "frontier"]),
    help="Insist on one way to compute; else the cheaper that takes all the agenda permits.",
)
@click.option(
    "--line",
    type=click.FloatRange(min=0, min_open=True),
    default=20,
    show_default=True,
    help="What your line carries, in Mbit/s: only to tell how long it will take.",
)
@click.option("--again", is_flag=True, help="Begin a new sitting even if one is open or answered.")
@click.option("--wait", type=click.IntRange(min=0), help="Give up after so many idle seconds.")
@click.option("--yes", is_flag=True, help="You know what the answer may tell; do not ask.")
@json_option
def probe_by_folder(
    agenda: Path,
    position: Path,
    side: str,
    ask: str,
    folder: Path,
    rule: str,
    breadth: tuple[int, str],
    circuit: str | None,
    line: float,
    again: bool,
    wait: int | None,
    yes: bool,
    as_json: bool,
) -> int:
    """Ask, with the other side, whether there is room, and learn nothing else.

    Both sides run this, each on its own machine or at its own time, with the same agenda,
    questions, rule and breadth. Stopped at any moment, it goes on when it is run again.
    """
    from tracktwo.attendance import attend
    from tracktwo.files import agenda_in, position_in
    from tracktwo.probe.choice import Circuits
    from tracktwo.probe.question import Question, parse_asked
    from tracktwo.show import words
    from tracktwo.show.progress import busy

    question = Question(parse_asked(ask), rule, *breadth)
    public = agenda_in(agenda)
    private = position_in(position, public)
    with busy("Looking through the packages ...", quiet=as_json):
        circuits = Circuits(public)
        offer = circuits.choose(question, circuit)
    if (said := words.never_broad(question, circuits.packages)) is not None:
        click.echo(said, err=True)
    return attend(
        circuits,
        offer,
        private,
        side=side,
        folder=folder,
        again=again,
        wait=wait,
        line=line,
        agreed=yes,
        as_json=as_json,
    )
