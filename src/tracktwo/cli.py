"""The program: its commands (commands/) under one name, and every error as a sentence.

What takes long to import is imported inside the commands, so that asking for help is quick.
"""

from __future__ import annotations

import os
import sys
import traceback
from collections.abc import Sequence
from io import TextIOWrapper
from typing import IO, NoReturn

import click

from tracktwo.commands import (
    by_folder,
    carrying,
    channels,
    deal,
    demonstrating,
    opening,
    probing,
    signing,
    talk,
)
from tracktwo.errors import BadInput, TrackTwoError
from tracktwo.legible import legible
from tracktwo.relay.command import relay

_INTERRUPTED = 130
_BROKEN = 1
_GO_ON = "Nothing is lost: run the same command again to go on."


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
        click.echo(_GO_ON, err=True)
        return _INTERRUPTED
    except TrackTwoError as error:
        _complain(str(error))
        return error.exit_code
    except Exception as error:  # a traceback may hold a position
        if _was_interrupted(error):
            click.echo(_GO_ON, err=True)
            return _INTERRUPTED
        _complain(_accident(error))
        return _BROKEN
    return returned if isinstance(returned, int) else 0


def _was_interrupted(error: BaseException | None) -> bool:
    """Whether an interruption is behind it: what it broke off may complain of something else."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__context__
    return error is not None


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


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="tracktwo", prog_name="tracktwo")
def commands() -> None:
    """A back channel that two sides run themselves.

    Find out whether there is room for a deal, without showing anyone how far you would go.

    To begin: init, then channel new and channel invite, or channel join; channel verify; then say,
    sync and read. To find out: agenda, position, probe ask. To see it all at work: demo --channel.
    """


@commands.group(
    cls=probing.FolderOrChannel, short_help="Ask, with the other side, whether there is room."
)
def probe() -> None:
    """Ask, with the other side, whether there is room, and learn nothing else.

    With a member of a channel: ask, accept, decline, go, status. With whoever reaches the same
    folder, by a courier for instance: folder, which needs no node.
    """


for command in (
    by_folder.probe_by_folder,
    *(probing.ask, probing.accept, probing.decline, probing.go, probing.status),
):
    probe.add_command(command)


for command in (
    *(deal.agenda, deal.position, deal.convert, deal.study),
    demonstrating.demo,
    *(channels.init, channels.change_passphrase),
    opening.opening,
    channels.channels,
    *(talk.say, talk.read, talk.watch, talk.sync, talk.status),
    *(signing.sign, signing.signatures, signing.verify_text),
    *(carrying.courier, carrying.export, carrying.unseal, carrying.backup, carrying.restore),
    relay,
):
    commands.add_command(command)
