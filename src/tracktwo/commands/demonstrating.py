"""Watching it: a probe by folder, or a whole back channel, played by real processes."""

from __future__ import annotations

import dataclasses
import sys
from pathlib import Path

import click

from tracktwo.commands.desk import example, json_option, print_json
from tracktwo.errors import BadInput
from tracktwo.legible import legible

_FILE = click.Path(path_type=Path)


@click.command(
    short_help="Watch two processes probe a real case.",
    epilog=example("tracktwo demo", "tracktwo demo writers-strike-2023 --html strike.html"),
)
@click.argument("case", default="ukraine-spring-2022")
@click.option(
    "--channel", is_flag=True, help="A whole back channel: a relay, a convener, two delegates."
)
@click.option("--html", type=_FILE, help="Also write it as a page to print.")
@click.option("--force", is_flag=True, help="Replace a file of that name.")
@json_option
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
        print_json(story.as_json())
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
        print_json({**story, "scenes": scenes})
    else:
        click.echo(f"\nReal processes throughout, {story['seconds']} s in all.")
