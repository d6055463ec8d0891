"""Another passphrase, told by descriptors; the old one opens nothing after."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path

from commands import COMMAND, environment

OLD, NEW, WRONG = "grey wagtail", "water rail", "coot"


def told(home: Path, *arguments: str, passphrase: str | None, **fds: str) -> tuple[int, str, str]:
    """Run a command; `fds` are options that get a descriptor to read this from."""
    pipes = {}
    for option, text in fds.items():
        read, write = os.pipe()
        os.write(write, f"{text}\n".encode())
        os.close(write)
        pipes[option] = read
    options = [
        part
        for option, read in pipes.items()
        for part in (f"--{option.replace('_', '-')}", str(read))
    ]
    variables = environment(home)
    variables.pop("TRACKTWO_PASSPHRASE", None)
    if passphrase is not None:
        variables["TRACKTWO_PASSPHRASE"] = passphrase
    done = subprocess.run(
        [COMMAND, *arguments, *options],
        env=variables,
        pass_fds=list(pipes.values()),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    for read in pipes.values():
        os.close(read)
    return done.returncode, done.stdout, done.stderr


def test_the_new_passphrase_opens_the_node_and_the_old_one_does_not(tmp_path: Path) -> None:
    home = tmp_path / "home"
    assert told(home, "init", "--memory", "8", passphrase=OLD)[0] == 0
    code, out, _ = told(
        home, "passphrase", "--json", passphrase=None, passphrase_fd=OLD, new_fd=NEW
    )
    assert (code, json.loads(out)) == (0, {"changed": True})
    assert told(home, "channel", "list", passphrase=NEW)[0] == 0
    code, _, error = told(home, "channel", "list", passphrase=OLD)
    assert (code, error) == (2, "tracktwo: This is not the passphrase.\n")


def test_nothing_changes_where_the_old_one_is_wrong_or_the_new_one_is_not_told(
    tmp_path: Path,
) -> None:
    home = tmp_path / "home"
    told(home, "init", "--memory", "8", passphrase=OLD)
    assert told(home, "passphrase", passphrase=None, passphrase_fd=WRONG, new_fd=NEW)[0] == 2
    assert told(home, "passphrase", passphrase=OLD)[0] == 2
    assert told(home, "passphrase", passphrase=None, passphrase_fd=OLD, new_fd="")[0] == 2
    assert told(home, "channel", "list", passphrase=OLD)[0] == 0


def test_a_short_passphrase_is_refused_and_a_weak_one_warned_of(tmp_path: Path) -> None:
    home = tmp_path / "home"
    code, _, error = told(home, "init", "--memory", "8", passphrase="a")  # noqa: S106 - of tests
    assert (code, home.exists()) == (2, False)
    assert "fewer than 8 characters" in error
    assert "Better take several words" in told(home, "init", "--memory", "8", passphrase=OLD)[2]
    short = {"passphrase": None, "passphrase_fd": OLD}
    code, _, error = told(home, "passphrase", **short, new_fd="1234567")
    assert code == 2
    assert "fewer than 8 characters" in error
    code, _, error = told(home, "passphrase", **short, new_fd="grey wagtail, water rail")
    assert (code, error) == (0, "")
