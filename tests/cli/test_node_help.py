"""What the help says of itself: every command has words, JSON, and a passphrase it never takes."""

from __future__ import annotations

from collections.abc import Iterator

import click
import pytest

from tracktwo.cli import commands

NO_NODE = {"agenda", "position", "convert", "study", "demo", "relay", "probe folder", "verify-text"}


def _all(group: click.Group = commands, before: str = "") -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from _all(command, f"{before}{name} ")
        else:
            yield before + name, command


ALL = dict(_all())


@pytest.mark.parametrize("name", ALL)
def test_every_command_has_help_json_and_the_same_options_under_the_same_names(name: str) -> None:
    command = ALL[name]
    options = {option for parameter in command.params for option in parameter.opts}
    assert command.help
    assert command.short_help
    assert command.short_help.endswith(".")
    assert "--json" in options
    assert ("--passphrase-fd" in options) == (name not in NO_NODE)
    assert not {"--passphrase", "--password", "-p"} & options
    unsaid = [
        parameter.opts[0]
        for parameter in command.params
        if isinstance(parameter, click.Option) and not parameter.help
    ]
    assert unsaid == []


def test_every_command_that_reaches_a_relay_goes_by_the_proxy_that_is_asked_for() -> None:
    reaching = {
        *("say", "sign", "sync", "watch", "channel invite", "channel join", "channel leave"),
        *("probe ask", "probe accept", "probe go", "open"),
    }
    taking = {name for name, one in ALL.items() if "proxy" in {p.name for p in one.params}}
    assert taking == reaching
