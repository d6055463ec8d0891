"""The page: everything in a browser on this machine."""

from __future__ import annotations

import json
import os
import sys

import click

from tracktwo.commands.desk import (
    example,
    json_option,
    line_to_relays,
    passphrase,
    passphrase_option,
    proxy_option,
)
from tracktwo.machine import home


@click.command(name="open", short_help="Open the page.", epilog=example("tracktwo open"))
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    help="Where it is to be on this machine; else where it was last. 0 picks a free one.",
)
@click.option("--no-browser", is_flag=True, help="Say the address, and start no browser.")
@passphrase_option
@proxy_option
@json_option
def opening(
    port: int | None,
    no_browser: bool,
    passphrase_fd: int | None,
    proxy: str | None,
    as_json: bool,
) -> None:
    """Open the page: all that the commands do, in a browser on this machine.

    Nobody else can reach it. The address works once. It runs until it is interrupted.
    """
    from tracktwo.web.house import House
    from tracktwo.web.serving import listening, serve

    line_to_relays(proxy)  # says now if there can be no such proxy
    house = House(home(), proxy)
    is_told = passphrase_fd is not None or "TRACKTWO_PASSPHRASE" in os.environ
    if is_told and house.is_made:
        house.unlock(passphrase(passphrase_fd))
    listener = listening(house, port)

    def ready(address: str) -> None:
        click.echo(json.dumps({"address": address}) if as_json else f"The page is at {address}")
        sys.stdout.flush()
        # Others on this machine see with which address a browser is started: it must not open what
        # is unlocked already.
        if not no_browser and house.is_locked:
            click.launch(address)

    serve(house, listener, ready)
