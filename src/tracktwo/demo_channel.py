"""A demonstration of a whole back channel: a relay, a convener and two delegates, as processes.

Everything is done by the real commands, each member in a home of its own under a temporary folder:
they meet by a code, compare keys, talk, lose the relay and go on, probe a real case over the
channel, and read the answer. Nothing leaves this machine.
"""

from __future__ import annotations

import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import IO, Any

from tracktwo.demo import EXAMPLES, cases
from tracktwo.errors import BadInput, TrackTwoError

_PATIENCE = 120  # seconds after which a step has failed
_MEMORY = "8"  # MiB: the passphrases live as long as the demonstration


@dataclass(frozen=True, slots=True)
class Step:
    """Something somebody did: the command as typed, and what it said."""

    who: str
    command: str
    said: str
    seconds: float


Told = Callable[[str, list[Step]], None]
"""Told of each scene: its title, and the steps it took."""


@dataclass
class _Person:
    """A member at its own machine."""

    name: str
    home: Path
    relay: str
    steps: list[Step]
    """What all have done in this scene, in order."""
    passphrase: str = field(default_factory=lambda: secrets.token_hex(16), repr=False)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start a command of the program's."""
        environment = {
            **os.environ,
            "TRACKTWO_HOME": str(self.home),
            "TRACKTWO_PASSPHRASE": self.passphrase,
            "TRACKTWO_RELAY": self.relay,
        }
        environment.pop("TRACKTWO_PROXY", None)
        return subprocess.Popen(  # noqa: S603 - this very program, in the arguments above
            [sys.executable, "-m", "tracktwo", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            encoding="utf-8",
        )

    def does(self, *arguments: str, may_fail: bool = False, shown: str | None = None) -> str:
        """Run a command to its end and note it; what it printed."""
        begun = time.monotonic()
        process = self.start(*arguments)
        return self.finish(process, begun, *arguments, may_fail=may_fail, shown=shown)

    def finish(
        self,
        process: subprocess.Popen[str],
        begun: float,
        *arguments: str,
        may_fail: bool = False,
        shown: str | None = None,
    ) -> str:
        """Wait for a command that was started, and note it. Raises TrackTwoError if it fails."""
        try:
            out, errors = process.communicate(timeout=_PATIENCE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            raise TrackTwoError(f"{self.name} waits in vain: tracktwo {arguments[0]}.") from None
        if process.returncode and not may_fail:
            last = errors.strip().splitlines()[-1:] or ["it is silent"]
            raise TrackTwoError(f"{self.name}, tracktwo {' '.join(arguments[:2])}: {last[0]}")
        said = (out if shown is None else shown).strip() or errors.strip()
        words = [f'"{word}"' if " " in word else Path(word).name for word in arguments]
        typed = " ".join(["tracktwo", *words])
        self.steps.append(Step(self.name, typed, said, time.monotonic() - begun))
        return out


def play(case: str, told: Told) -> dict[str, Any]:
    """Play it, telling of each scene; the figures. Raises BadInput, TrackTwoError."""
    if case not in cases():
        raise BadInput(f"There is no case {case[:60]!r}.", advice=f"Choose {' or '.join(cases())}.")
    begun = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="tracktwo-demo-") as place, ExitStack() as closing:
        relay = _Relay(Path(place) / "relay", closing)
        steps: list[Step] = []
        convener, heron, otter = (
            _Person(name, Path(place) / name, relay.address, steps)
            for name in ("Convener", "Heron", "Otter")
        )

        def scene(title: str) -> None:
            told(title, list(steps))
            steps.clear()

        _meet(convener, heron, otter)
        scene("They meet by a code said over the telephone")
        _compare(heron, otter)
        scene("The delegates compare their keys")
        _talk(convener, heron, otter)
        scene("They talk")
        _lose_the_relay(relay, heron, otter)
        scene("The relay is killed; talk waits on the machines and goes on")
        answers = _probe(case, heron, otter)
        scene("They probe")
        convener.does("sync")
        convener.does("probe", "status", "talks")
        scene("What the convener knows of it: that it was held, and not what it said")
    return {"case": case, "answers": answers, "seconds": round(time.monotonic() - begun, 1)}


class _Relay:
    """The relay's process, which can be killed and comes back at the same address."""

    def __init__(self, store: Path, closing: ExitStack) -> None:
        self._store = store
        self._process = self._start("127.0.0.1:0")
        closing.callback(self._stop)
        line = _line_of(self._process.stdout)
        self.address: str = json.loads(line)["listening"]

    def _start(self, listen: str) -> subprocess.Popen[str]:
        arguments = ["relay", "--listen", listen, "--store", str(self._store), "--json"]
        return subprocess.Popen(  # noqa: S603 - as above
            [sys.executable, "-m", "tracktwo", *arguments],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    @contextmanager
    def away(self) -> Any:  # noqa: ANN401 - a context
        """Kill it, and bring it back after."""
        self._process.send_signal(getattr(signal, "SIGKILL", signal.SIGTERM))
        self._process.communicate()
        yield
        self._process = self._start(self.address.removeprefix("http://"))
        _line_of(self._process.stdout)

    def _stop(self) -> None:
        if self._process.poll() is None:
            self._process.terminate()
        self._process.communicate()


def _line_of(stream: IO[str] | None) -> str:
    line = stream.readline() if stream is not None else ""
    if not line:
        raise TrackTwoError("The relay did not start.")
    return line


def _meet(convener: _Person, heron: _Person, otter: _Person) -> None:
    for person in (convener, heron, otter):
        person.does("init", "--memory", _MEMORY)
    convener.steps.clear()
    convener.does("channel", "new", "talks", "--pseudonym", "Convener", "--title", "The talks")
    for person, side in ((heron, "North"), (otter, "South")):
        begun = time.monotonic()
        invite = ("channel", "invite", "talks", "--side", side)
        process = convener.start(*invite)
        told, code = _until_code(process.stdout)
        person.does("channel", "join", code, "--name", "talks", "--pseudonym", person.name)
        convener.finish(process, begun, *invite, shown=told)
    heron.does("sync")


def _until_code(stream: IO[str] | None) -> tuple[str, str]:
    """What was said up to the code, and the code."""
    told = ""
    while stream is not None and (line := stream.readline()):
        told += line
        if line.startswith("    "):
            return told, line.strip()
    raise TrackTwoError("No code was said.")


def _compare(heron: _Person, otter: _Person) -> None:
    numbers = []
    for person in (heron, otter):
        numbers.append(json.loads(person.does("channel", "verify", "talks", "--json"))["number"])
        person.steps.pop()
    heron.does("channel", "verify", "talks", "Otter", "--number", numbers[1])
    otter.does("channel", "verify", "talks", "Heron", "--number", numbers[0])


def _talk(convener: _Person, heron: _Person, otter: _Person) -> None:
    heron.does("say", "talks", "What would your people need, to live with neutrality?")
    otter.does("sync")
    otter.does("read", "talks")
    otter.does("say", "talks", "Guarantees that act. Shall we see whether there is room?")
    heron.does("sync")
    heron.does("read", "talks")
    convener.does("sync")


def _lose_the_relay(relay: _Relay, heron: _Person, otter: _Person) -> None:
    with relay.away():
        heron.does("say", "talks", "Yes. I prepare our position.", may_fail=True)
        heron.does("status", "talks")
    heron.does("sync")
    otter.does("sync")
    otter.does("read", "talks")


def _probe(case: str, heron: _Person, otter: _Person) -> Any:  # noqa: ANN401 - JSON
    agenda = EXAMPLES / case / "agenda.toml"
    first, second = sorted(p for p in (EXAMPLES / case).glob("*.toml") if p != agenda)
    begun = time.monotonic()
    ask = ("probe", "ask", "talks", str(agenda), str(first), "--with", "Otter")
    options = ("--ask", "exists,where,best", "--yes")
    process = heron.start(*ask, *options, "--json")
    while "asked" not in otter.does("probe", "status", "talks", "--json"):
        otter.does("sync")
        if process.poll() not in (None, 0):
            break
    otter.steps.clear()
    accept = ("probe", "accept", "talks", str(second), "--yes")
    theirs = json.loads(otter.does(*accept, "--json", shown="(the same answer)"))
    answered = otter.steps.pop()
    ours = json.loads(heron.finish(process, begun, *ask, *options, shown="..."))
    heron.steps.pop()
    if ours["answers"] != theirs["answers"]:
        raise TrackTwoError("The two sides hold different answers. Please report this.")
    otter.steps.append(answered)
    heron.does("probe", "go", "talks", "--probe", ours["probe"])
    return ours["answers"]
