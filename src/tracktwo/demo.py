"""A demonstration: two processes of the real command, each with its own position alone.

This program starts them over a temporary folder and shows what each said. It holds neither
position, nor the answer before they do; only where a settlement is known does it read both
afterwards, as a mediator would.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracktwo.errors import BadInput, TrackTwoError
from tracktwo.files import agenda_in, position_in
from tracktwo.probe.choice import Circuits
from tracktwo.probe.question import ASKS, Answer, Question
from tracktwo.probe.session import tag_of
from tracktwo.show.progress import display
from tracktwo.show.story import Outcome, Settlement, Stage, Story, View, settlement_of

EXAMPLES = Path(__file__).with_name("examples")

_PATIENCE = 120  # seconds without news after which a side gives up
_LOOK = 0.1  # seconds between looks at the folder
_HEAVIEST = 3  # issues of a position that are shown

# What was agreed in the end, where something was; the README of the case has the sources.
_SETTLED = {
    "writers-strike-2023": {
        "raises": "august",
        "rooms": "settled",
        "staff": "settled",
        "weeks": "august",
        "viewing": "settled",
        "data": "settled",
        "foreign": "settled",
        "ai": "settled",
    },
}


_SETTLED_THROUGHOUT = ("writers-contract-2023",)  # by the option of that id, of every issue

# Asked without how-much, which would need a list of packages.
_UNCOUNTED = ("ukraine-nine-issues", "writers-contract-2023")


@dataclass(frozen=True, slots=True)
class _Side:
    """One side's corner: `home` has the agenda, its position, its vault; nothing of the other's."""

    name: str
    position: str
    home: Path

    def command(self, *arguments: str) -> list[str]:
        return [sys.executable, "-m", "tracktwo", *arguments]

    def environment(self) -> dict[str, str]:
        return {**os.environ, "TRACKTWO_HOME": str(self.home)}


def cases() -> list[str]:
    """The names of the cases that come with the program."""
    return sorted(path.parent.name for path in EXAMPLES.glob("*/agenda.toml"))


def play(
    case: str,
    *,
    opened: Callable[[Stage, tuple[View, View]], None],
    quiet: bool = False,
) -> Story:
    """Play a case to its end. `opened` is called before the two processes start.

    Raises BadInput for an unknown case, TrackTwoError if a process fails.
    """
    if case not in cases():
        advice = f"Choose {' or '.join(cases())}."
        raise BadInput(f"There is no case {case[:60]!r}.", advice=advice)
    agenda = agenda_in(EXAMPLES / case / "agenda.toml")
    question = Question(tuple(ask for ask in ASKS if ask != "how-much" or case not in _UNCOUNTED))
    circuits = Circuits(agenda)
    stage = Stage(case, question, circuits.packages, circuits.choose(question).cost)
    with tempfile.TemporaryDirectory(prefix="tracktwo-demo-") as place:
        sides = _corners(case, Path(place))
        shared = Path(place) / "folder"
        shared.mkdir()
        a, b = (_view(side, question) for side in sides)
        opened(stage, (a, b))
        results, processes = _sit(sides, question, shared, stage.cost.bytes_sent, quiet)
        messages = len(list(shared.glob("*.msg")))
    return Story(stage, (a, b), _outcome(results, processes, messages), _settlement(stage))


def _corners(case: str, place: Path) -> tuple[_Side, _Side]:
    names = sorted(p.name for p in (EXAMPLES / case).glob("*.toml") if p.name != "agenda.toml")
    sides = []
    for name in names:
        home = place / Path(name).stem
        home.mkdir()
        for file in ("agenda.toml", name):
            shutil.copyfile(EXAMPLES / case / file, home / file)
        sides.append(_Side(Path(name).stem.capitalize(), name, home))
    a, b = sides
    return a, b


def _view(side: _Side, question: Question) -> View:
    """What a process of this side's own says of its position."""
    arguments = side.command("position", "agenda.toml", side.position, "--json")
    done = subprocess.run(  # noqa: S603 - this very program, in the arguments above
        arguments, cwd=side.home, env=side.environment(), capture_output=True, check=False
    )
    if done.returncode:
        raise TrackTwoError(done.stderr.decode("utf-8", "replace").strip())
    said = json.loads(done.stdout)
    issues = [issue["sentence"] for issue in said["issues"]]
    more = len(issues) - _HEAVIEST
    sentences = (
        f"Accepts a package worth at least {said['line']} of {said['points']} points.",
        *issues[:_HEAVIEST],
        *([f"And {more} more issues."] if more > 0 else []),
        *(line["sentence"] for line in said["red_lines"]),
        f"Accepts {said['accepted']:,} of {said['count']:,} packages.",
    )
    return View(
        side.name, " ".join(["tracktwo", *_arguments(side, question, "../folder")]), sentences
    )


def _arguments(side: _Side, question: Question, folder: str) -> list[str]:
    asked = ",".join(question.asked)
    options = ["--side", side.name, "--ask", asked, "--folder", folder]
    return ["probe", "agenda.toml", side.position, *options]


def _sit(
    sides: Sequence[_Side], question: Question, shared: Path, expected: int, quiet: bool
) -> tuple[list[dict[str, Any]], list[int]]:
    """Run both sides at once; what each printed, and their process numbers."""
    with ExitStack() as closing, display(quiet=quiet) as shown:
        running = [_start(side, question, shared, closing) for side in sides]
        while any(_is_running(process) for process in running):
            for side in sides:
                shown.show(side.name, side.name, min(_written(shared, side), expected), expected)
            if any(process.poll() for process in running):
                break
        return [_printed(side, p) for side, p in zip(sides, running, strict=True)], [
            process.pid for process in running
        ]


def _start(
    side: _Side, question: Question, shared: Path, closing: ExitStack
) -> subprocess.Popen[bytes]:
    said = closing.enter_context((side.home / "answer.json").open("wb"))
    read = closing.enter_context((side.home / "words.txt").open("wb"))
    options = ["--wait", str(_PATIENCE), "--json"]
    process = subprocess.Popen(  # noqa: S603 - as above
        side.command(*_arguments(side, question, str(shared)), *options),
        cwd=side.home,
        env=side.environment(),
        stdin=subprocess.DEVNULL,
        stdout=said,
        stderr=read,
    )
    closing.callback(_stop, process)
    return process


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.terminate()
    process.wait()


def _is_running(process: subprocess.Popen[bytes]) -> bool:
    try:
        process.wait(_LOOK)
    except subprocess.TimeoutExpired:
        return True
    return False


def _written(shared: Path, side: _Side) -> int:
    """How many bytes of messages a side has written, as anybody who sees the folder can tell."""
    total = 0
    for path in shared.glob(f"*-{tag_of(side.name)}-*"):
        try:
            total += path.stat().st_size
        except FileNotFoundError:
            continue  # it got its name between the two looks
    return total


def _printed(side: _Side, process: subprocess.Popen[bytes]) -> dict[str, Any]:
    if process.poll() != 0:
        said = (side.home / "words.txt").read_text("utf-8", "replace").strip().splitlines()
        raise TrackTwoError(f"The side {side.name} failed: {said[-1] if said else 'it is silent'}")
    printed: dict[str, Any] = json.loads((side.home / "answer.json").read_bytes())
    return printed


def _outcome(results: list[dict[str, Any]], processes: list[int], messages: int) -> Outcome:
    first, second = results
    if first["answers"] != second["answers"]:
        raise TrackTwoError("The two sides hold different answers. Please report this.")
    costs = [result["cost"] for result in results]
    peaks = [cost["peak_memory_bytes"] for cost in costs]
    return Outcome(
        answer=_answer(first["answers"]),
        seconds=max(cost["seconds"] for cost in costs),
        memory=None if None in peaks else max(peaks),
        messages=messages,
        processes=tuple(processes),
    )


def _answer(answers: dict[str, Any]) -> Answer:
    number = answers.get("how-much")
    return Answer(
        refused=False,
        exists=answers["exists"],
        how_much=None if number is None else (number["at_least"], number["below"]),
        where=answers["where"],
        best=answers["best"]["package"],
    )


def _settlement(stage: Stage) -> Settlement | None:
    agenda = stage.packages.agenda
    settled = _SETTLED.get(stage.case)
    if stage.case in _SETTLED_THROUGHOUT:
        settled = dict.fromkeys((issue.id for issue in agenda.issues), "settled")
    if settled is None:
        return None
    folder = EXAMPLES / stage.case
    names = sorted(path for path in folder.glob("*.toml") if path.name != "agenda.toml")
    a, b = (position_in(path, agenda) for path in names)
    return settlement_of(agenda, settled, (a, b))
