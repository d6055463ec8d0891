"""Running the real command, as a person or a program would."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from forking import start

COMMAND = shutil.which("tracktwo", path=str(Path(sys.executable).parent)) or "tracktwo"
EXAMPLES = Path(__file__).parents[1] / "examples"

AGENDA = """
title = "Two wells"

[[issue]]
id = "water"
name = "Who draws first"
  [[issue.option]]
  id = "north"
  name = "The north"
  [[issue.option]]
  id = "south"
  name = "The south"
  [[issue.option]]
  id = "turns"
  name = "By turns"

[[issue]]
id = "fence"
name = "The fence"
  [[issue.option]]
  id = "stays"
  name = "Stays"
  [[issue.option]]
  id = "goes"
  name = "Goes"

[[exclude]]
together = ["water=turns", "fence=stays"]
"""

# Figures that would be recognised wherever they came out; a gain is told by nothing in them.
NORTH = """
accept_from = 51.98765
notes = "the north whispers"
[weights]
water = 37.123457
fence = 13.765432
[scores.water]
north = 97.654321
south = 3.141592
turns = 61.234567
[scores.fence]
stays = 12.345678
goes = 87.654321
[[red_line]]
never = ["water=south"]
note = "the north would rather leave"
"""

SOUTH = """
accept_from = 40.246813
[weights]
water = 21.718281
fence = 11.618033
[scores.water]
north = 0.577215
south = 99.135791
turns = 71.828182
[scores.fence]
stays = 14.142135
goes = 66.260701
"""

SECRETS = [
    *("51.98765", "37.123457", "13.765432", "97.654321", "3.141592", "61.234567", "12.345678"),
    *("87.654321", "whispers", "rather leave", "40.246813", "21.718281", "11.618033", "99.135791"),
    *("0.577215", "71.828182", "14.142135", "66.260701"),
]

Run = subprocess.CompletedProcess[str]


def environment(home: Path, **more: str) -> dict[str, str]:
    """The test's own surroundings, without what would change the look of the output."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG", "NO_COLOR"))}
    return {**kept, "TRACKTWO_HOME": str(home), "COLUMNS": "80", **more}


@dataclass(frozen=True)
class Place:
    """A folder with a small case in it, to run commands in."""

    path: Path

    @property
    def folder(self) -> Path:
        """The folder both sides reach."""
        return self.path / "shared"

    def messages(self) -> list[str]:
        return sorted(path.name for path in self.folder.glob("*.msg"))

    def start(
        self,
        *arguments: str | Path,
        home: str = "home",
        **more: Any,  # noqa: ANN401 - what Popen takes
    ) -> subprocess.Popen[str]:
        settings = {
            "stdin": subprocess.DEVNULL,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.PIPE,
            "text": True,
            "encoding": "utf-8",
            "cwd": self.path,
            "env": environment(self.path / home),
        }
        process: subprocess.Popen[str]
        process = start([COMMAND, *map(str, arguments)], **(settings | more))
        return process

    def run(self, *arguments: str | Path, **more: Any) -> Run:  # noqa: ANN401 - as for start
        process = self.start(*arguments, **more)
        out, err = process.communicate(timeout=120)
        return subprocess.CompletedProcess(process.args, process.returncode, out, err)

    def json(self, *arguments: str | Path, **more: Any) -> Any:  # noqa: ANN401 - JSON, and what Popen takes
        """The one JSON object that the command prints, nothing before or after it."""
        done = self.run(*arguments, "--json", **more)
        assert done.returncode == 0, done.stderr
        value = json.loads(done.stdout)
        assert isinstance(value, dict)
        return value

    def probe(self, side: str, *options: str, ask: str = "exists") -> list[str]:
        """What one side runs: "north" or "south"."""
        terms = ["--side", side.capitalize(), "--ask", ask, "--folder", "shared"]
        return ["probe", "agenda.toml", f"{side}.toml", *terms, *options]

    def turn(self, side: str, *options: str, ask: str = "exists") -> Run:
        """One side does what it can do now, and leaves: no two processes at a time."""
        return self.run(*self.probe(side, "--wait", "0", *options, ask=ask), home=f"{side}.home")

    def both(self, *options: str, ask: str = "exists") -> tuple[Run, Run]:
        """Both sides at the same time, as two processes."""
        running = [
            self.start(*self.probe(side, *options, ask=ask), home=f"{side}.home")
            for side in ("north", "south")
        ]
        ended = [(process, *process.communicate(timeout=120)) for process in running]
        first, second = (
            subprocess.CompletedProcess(process.args, process.returncode, out, err)
            for process, out, err in ended
        )
        return first, second


def rewritten(place: Place, name: str, change: Callable[[str], str]) -> None:
    """Change a file of the place."""
    path = place.path / name
    path.write_text(change(path.read_text("utf-8")), encoding="utf-8")
