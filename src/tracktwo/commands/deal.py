"""The matter itself: say an agenda or a position back, convert it, study two positions."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from tracktwo.commands.desk import example, json_option, print_json
from tracktwo.legible import legible

_FILE = click.Path(path_type=Path)


@click.command(short_help="Say an agenda back.", epilog=example("tracktwo agenda agenda.toml"))
@click.argument("agenda", type=_FILE)
@click.option("--sources", is_flag=True, help="Also say where each thing is from.")
@json_option
def agenda(agenda: Path, sources: bool, as_json: bool) -> None:
    """Say an agenda back: its issues, its packages, what a probe of it would take."""
    from tracktwo.files import agenda_in
    from tracktwo.probe.choice import Circuits
    from tracktwo.show import terminal
    from tracktwo.show.progress import busy
    from tracktwo.show.prospect import as_plain, prospects

    public = agenda_in(agenda)
    with busy("Counting what a probe would take ...", quiet=as_json):
        circuits = Circuits(public)
        costs = prospects(circuits)
    if as_json:
        print_json(as_plain(circuits.packages, costs))
    else:
        out = terminal.console(sys.stdout)
        terminal.show_agenda(out, circuits.packages, costs, sources=sources)


@click.command(
    short_help="Say your position back.",
    epilog=example("tracktwo position agenda.toml position.toml"),
)
@click.argument("agenda", type=_FILE)
@click.argument("position", type=_FILE)
@json_option
def position(agenda: Path, position: Path, as_json: bool) -> None:
    """Say your position back in words, from the very points a probe would use."""
    from tracktwo.deal.sentences import describe
    from tracktwo.deal.trellis import outcome_space
    from tracktwo.files import agenda_in, position_in
    from tracktwo.show import terminal
    from tracktwo.show.progress import busy

    public = agenda_in(agenda)
    private = position_in(position, public)
    with busy("Looking through the packages ...", quiet=as_json):
        description = describe(public, private, outcome_space(public))
    if as_json:
        print_json(description.to_dict())
    else:
        terminal.show_description(terminal.console(sys.stdout), public, description)


@click.command(
    short_help="Turn a file into another format.",
    epilog=example(
        "tracktwo convert agenda.xlsx agenda.toml",
        "tracktwo convert --agenda agenda.toml position.csv position.toml",
    ),
)
@click.argument("old", type=_FILE)
@click.argument("new", type=_FILE)
@click.option("--agenda", type=_FILE, help="The agenda, if what is converted is a position.")
@click.option("--force", is_flag=True, help="Replace a file of the new name.")
@json_option
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
        print_json({"kind": what, "from": str(old), "to": str(new), "format": kind})
        return
    click.echo(f"The {what} is in {legible(str(new))}.")
    if notes:
        click.echo(f"It has these notes, which may tell what had to be settled:\n{notes}")


@click.command(
    short_help="Study two positions in the clear.",
    epilog=example("tracktwo study agenda.toml ours.toml theirs.toml"),
)
@click.argument("agenda", type=_FILE)
@click.argument("position_a", type=_FILE)
@click.argument("position_b", type=_FILE)
@click.option("--exact", is_flag=True, help="On scores as they stand, not rounded to points.")
@json_option
def study(agenda: Path, position_a: Path, position_b: Path, exact: bool, as_json: bool) -> None:
    """Study two positions in the clear: to rehearse, or as a mediator both gave theirs to."""
    from tracktwo.deal.analysis import study as study_positions
    from tracktwo.files import agenda_in, position_in
    from tracktwo.probe.choice import Circuits
    from tracktwo.show import terminal
    from tracktwo.show.progress import busy
    from tracktwo.show.prospect import answers_in_clear

    public = agenda_in(agenda)
    a, b = position_in(position_a, public), position_in(position_b, public)
    with busy("Studying the packages ...", quiet=as_json):
        found = study_positions(public, a, b, exact=exact)
        probed = answers_in_clear(Circuits(public), a, b)
    if as_json:
        print_json({**found.to_json(), "probe": probed})
    else:
        names = position_a.name, position_b.name
        terminal.show_study(terminal.console(sys.stdout), found, names, probed["best"])
