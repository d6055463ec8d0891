"""The commands. Each parses, calls one function, and renders.

What takes long to import is imported inside the commands, so that asking for help is quick.
"""

from __future__ import annotations

import dataclasses
import json
import os
import sys
import traceback
import unicodedata
from collections.abc import Callable, Sequence
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any, NoReturn, TypeVar

import click

from tracktwo.commands import carrying, channels, probing, talk
from tracktwo.errors import BadInput, TrackTwoError
from tracktwo.legible import legible
from tracktwo.relay.command import relay

_INTERRUPTED = 130
_BROKEN = 1
_NAME_LENGTH = 64

_F = TypeVar("_F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path)


def main() -> NoReturn:
    """Run the command and leave with its exit code."""
    sys.stderr = sys.stderr or _nowhere()
    if sys.stdout is None:  # an answer would be lost, and taken for shown
        sys.stdout = _nowhere()
        _complain("There is no standard output to write to.")
        sys.exit(BadInput.exit_code)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    code = _run(sys.argv[1:])
    try:
        sys.stdout.flush()
    except OSError:
        _let_go_of_output()
        code = code or _BROKEN
    sys.exit(code)


def _run(arguments: Sequence[str]) -> int:
    """Run a command; its exit code. Every error becomes a sentence on standard error."""
    try:
        returned = commands.main(list(arguments), prog_name="tracktwo", standalone_mode=False)
    except click.exceptions.NoArgsIsHelpError as error:
        error.show()
        return error.exit_code
    except click.ClickException as error:
        _complain(_usage(error))
        return error.exit_code
    except (click.Abort, KeyboardInterrupt):
        click.echo("Nothing is lost: run the same command again to go on.", err=True)
        return _INTERRUPTED
    except TrackTwoError as error:
        _complain(str(error))
        return error.exit_code
    except Exception as error:  # a traceback may hold a position
        _complain(_accident(error))
        return _BROKEN
    return returned if isinstance(returned, int) else 0


def _usage(error: click.ClickException) -> str:
    context = error.ctx if isinstance(error, click.UsageError) else None
    advice = "" if context is None else f" See: {context.command_path} --help"
    return f"{error.format_message()}{advice}"


def _nowhere() -> IO[str]:
    return open(os.devnull, "w", encoding="utf-8")


def _let_go_of_output() -> None:
    """Write what is left to nowhere, so that Python does not try it again, with a traceback."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _accident(error: Exception) -> str:
    if os.environ.get("TRACKTWO_DEBUG"):
        traceback.print_exc()
    if isinstance(error, OSError) and error.strerror:
        return f"The system refused something ({error.strerror}). Mend it and run it again."
    return (
        f"This is a fault of the program ({type(error).__name__}); nothing is lost. Please report"
        " it; TRACKTWO_DEBUG=1 shows more, which may hold parts of your position."
    )


def _complain(sentence: str) -> None:
    click.echo(f"tracktwo: {legible(' '.join(sentence.splitlines()))}", err=True)


def _example(*lines: str, more: str = "") -> str:
    """The end of a command's help."""
    return "\b\nFor example:\n" + "\n".join(f"  {line}" for line in lines) + f"\n\n{more}"


def _json_option(function: _F) -> _F:
    option = click.option(
        "--json", "as_json", is_flag=True, help="One JSON object instead of words."
    )
    return option(function)


def _print_json(value: object) -> None:
    click.echo(json.dumps(value, ensure_ascii=False, indent=2))


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tracktwo", prog_name="tracktwo")
def commands() -> None:
    """A back channel that two sides run themselves.

    Find out whether there is room for a deal, without showing anyone how far you would go.
    """


@commands.command(short_help="Say an agenda back.", epilog=_example("tracktwo agenda agenda.toml"))
@click.argument("agenda", type=_FILE)
@click.option("--sources", is_flag=True, help="Also say where each thing is from.")
@_json_option
def agenda(agenda: Path, sources: bool, as_json: bool) -> None:
    """Say an agenda back: its issues, its packages, what a probe of it would take."""
    from tracktwo.files import agenda_in
    from tracktwo.probe.choice import Circuits
    from tracktwo.show import terminal
    from tracktwo.show.progress import busy
    from tracktwo.show.prospect import as_plain, prospects

    with busy("Counting what a probe would take ...", quiet=as_json):
        circuits = Circuits(agenda_in(agenda))
        costs = prospects(circuits)
    if as_json:
        _print_json(as_plain(circuits.packages, costs))
    else:
        out = terminal.console(sys.stdout)
        terminal.show_agenda(out, circuits.packages, costs, sources=sources)


@commands.command(
    short_help="Say your position back.",
    epilog=_example("tracktwo position agenda.toml position.toml"),
)
@click.argument("agenda", type=_FILE)
@click.argument("position", type=_FILE)
@_json_option
def position(agenda: Path, position: Path, as_json: bool) -> None:
    """Say your position back in words, from the very points a probe would use."""
    from tracktwo.deal.sentences import describe
    from tracktwo.deal.trellis import outcome_space
    from tracktwo.files import agenda_in, position_in
    from tracktwo.show import terminal
    from tracktwo.show.progress import busy

    with busy("Looking through the packages ...", quiet=as_json):
        public = agenda_in(agenda)
        private = position_in(position, public)
        description = describe(public, private, outcome_space(public))
    if as_json:
        _print_json(description.to_dict())
    else:
        terminal.show_description(terminal.console(sys.stdout), public, description)


@commands.command(
    short_help="Turn a file into another format.",
    epilog=_example(
        "tracktwo convert agenda.xlsx agenda.toml",
        "tracktwo convert --agenda agenda.toml position.csv position.toml",
    ),
)
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--agenda", type=_FILE, help="The agenda, if what is converted is a position.")
@click.option("--force", is_flag=True, help="Replace a file of the new name.")
@_json_option
def convert(old: Path, new: Path, agenda: Path | None, force: bool, as_json: bool) -> None:
    """Turn an agenda or a position into another format: .toml, .xlsx, .csv, .xml (GENIUS)."""
    from tracktwo.deal.formats import dump_agenda, dump_position, format_of, in_places
    from tracktwo.files import agenda_in, position_in, write_new

    kind = format_of(legible(str(new)))
    notes = ""
    if agenda is None:
        write_new(new, dump_agenda(agenda_in(old), kind), force=force)
    else:
        public = agenda_in(agenda)
        private = in_places(position_in(old, public), public)
        write_new(new, dump_position(private, public, kind), force=force, private=True)
        notes = private.notes
    what = "agenda" if agenda is None else "position"
    if as_json:
        _print_json({"kind": what, "from": str(old), "to": str(new), "format": kind})
        return
    click.echo(f"The {what} is in {legible(str(new))}.")
    if notes:
        click.echo(f"It has these notes, which may tell what had to be settled:\n{notes}")


@commands.command(
    short_help="Study two positions in the clear.",
    epilog=_example("tracktwo study agenda.toml ours.toml theirs.toml"),
)
@click.argument("agenda", type=_FILE)
@click.argument("position_a", type=_FILE)
@click.argument("position_b", type=_FILE)
@click.option("--exact", is_flag=True, help="On scores as they stand, not rounded to points.")
@_json_option
def study(agenda: Path, position_a: Path, position_b: Path, exact: bool, as_json: bool) -> None:
    """Study two positions in the clear: to rehearse, or as a mediator both gave theirs to."""
    from tracktwo.deal.analysis import study as study_positions
    from tracktwo.files import agenda_in, position_in
    from tracktwo.probe.choice import Circuits
    from tracktwo.show import terminal
    from tracktwo.show.progress import busy
    from tracktwo.show.prospect import answers_in_clear

    with busy("Studying the packages ...", quiet=as_json):
        public = agenda_in(agenda)
        a, b = position_in(position_a, public), position_in(position_b, public)
        found = study_positions(public, a, b, exact=exact)
        probed = answers_in_clear(Circuits(public), a, b)
    if as_json:
        _print_json({**found.to_json(), "probe": probed})
    else:
        names = position_a.name, position_b.name
        terminal.show_study(terminal.console(sys.stdout), found, names, probed["best"])


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


@commands.group(
    cls=probing.FolderOrChannel, short_help="Ask, with the other side, whether there is room."
)
def probe() -> None:
    """Ask, with the other side, whether there is room, and learn nothing else.

    With a member of a channel: ask, accept, decline, go, status. With whoever reaches the same
    folder, by a courier for instance: folder, which needs no node.
    """


for command in (probing.ask, probing.accept, probing.decline, probing.go, probing.status):
    probe.add_command(command)


@probe.command(
    name="folder",
    short_help="Through a folder both reach; no node is needed.",
    epilog=_example(
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
@_json_option
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
    with busy("Looking through the packages ...", quiet=as_json):
        public = agenda_in(agenda)
        private = position_in(position, public)
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


@commands.command(
    short_help="Watch two processes probe a real case.",
    epilog=_example("tracktwo demo", "tracktwo demo writers-strike-2023 --html strike.html"),
)
@click.argument("case", default="ukraine-spring-2022")
@click.option(
    "--channel", is_flag=True, help="A whole back channel: a relay, a convener, two delegates."
)
@click.option("--html", type=_FILE, help="Also write it as a page to print.")
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@_json_option
def demo(case: str, channel: bool, html: Path | None, force: bool, as_json: bool) -> None:
    """Watch two processes probe a real case; nothing is asked and nothing sent anywhere.

    The cases: ukraine-spring-2022, ukraine-june-2025, writers-strike-2023.

    Larger ones: ukraine-nine-issues, writers-contract-2023.

    And a small one, invented: two-villages.
    """
    if channel:
        _demo_of_a_channel(case, html, as_json)
        return
    from tracktwo.demo import play
    from tracktwo.files import require_new, write_new
    from tracktwo.show import terminal
    from tracktwo.show.page import page

    if html is not None:
        require_new(html, force=force)
    out = terminal.console(sys.stdout)
    if as_json:
        story = play(case, opened=lambda stage, views: None, quiet=True)
        _print_json(story.as_json())
    else:
        story = play(case, opened=lambda stage, views: terminal.show_stage(out, stage, views))
        terminal.show_outcome(out, story)
    if html is not None:
        write_new(html, page(story), force=force)
        click.echo(f"The page is in {legible(str(html))}.", err=True)


def _demo_of_a_channel(case: str, html: Path | None, as_json: bool) -> None:
    from tracktwo.demo_channel import Step, play

    if html is not None:
        raise BadInput("There is a page of a probe alone.", advice="Leave --channel or --html out.")
    scenes: list[dict[str, object]] = []

    def told(title: str, steps: list[Step]) -> None:
        scenes.append({"title": title, "steps": [dataclasses.asdict(step) for step in steps]})
        if as_json:
            return
        click.echo(f"\n{title}")
        for step in steps:
            click.echo(f"\n  {step.who}$ {step.command}    ({step.seconds:.1f} s)")
            for line in step.said.splitlines():
                click.echo(f"      {legible(line)}")

    story = play(case, told)
    if as_json:
        _print_json({**story, "scenes": scenes})
    else:
        click.echo(f"\nFive processes at most at once, {story['seconds']} s in all.")


for command in (
    channels.init,
    channels.channels,
    *(talk.say, talk.read, talk.watch, talk.sync, talk.status),
    *(carrying.courier, carrying.export, carrying.backup, carrying.restore),
    relay,
):
    commands.add_command(command)
