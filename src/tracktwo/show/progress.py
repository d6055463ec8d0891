"""How far a computation is, said on standard error.

On a terminal a moving line; elsewhere plain lines, few of them, and none in the first two seconds.
"""

from __future__ import annotations

import os
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Protocol

import click

from tracktwo.show.words import duration, size

_FIRST_LINE = 2.0  # seconds
_NEXT_LINE = 5.0
_STALL = 1.0  # a longer time without a byte was spent waiting, and is no measure of speed


class Display(Protocol):
    """Shows how far each of some things is."""

    def show(self, label: str, text: str, done: int, total: int) -> None:
        """That the thing of this label has `done` of `total` bytes, in words `text`."""
        ...

    def close(self) -> None:
        """Show nothing any more."""
        ...


@contextmanager
def display(*, quiet: bool = False) -> Iterator[Display]:
    """The display fit for where standard error goes; `quiet` keeps silent off a terminal."""
    shown: Display = Bars() if _can_move() else Silence() if quiet else Lines()
    try:
        yield shown
    finally:
        shown.close()


@contextmanager
def busy(text: str, *, quiet: bool = False) -> Iterator[None]:
    """Say `text` if what is done inside takes longer than two seconds."""
    timer = threading.Timer(_FIRST_LINE, _say, [text])
    timer.daemon = True
    if not quiet or sys.stderr.isatty():
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


class Silence:
    """A display of nothing."""

    def show(self, label: str, text: str, done: int, total: int) -> None:
        """See Display."""

    def close(self) -> None:
        """See Display."""


class Bars:
    """A display of one moving line for each label."""

    def __init__(self) -> None:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            TaskID,
            TextColumn,
            TimeRemainingColumn,
        )

        self._progress = Progress(
            TextColumn("{task.description}", markup=False),
            BarColumn(20),
            DownloadColumn(),
            TimeRemainingColumn(compact=True),
            TextColumn("left"),
            console=Console(stderr=True),
            transient=True,
        )
        self._tasks: dict[str, TaskID] = {}

    def show(self, label: str, text: str, done: int, total: int) -> None:
        """See Display."""
        if label not in self._tasks:
            self._tasks[label] = self._progress.add_task(text, total=total)
            self._progress.start()
        self._progress.update(self._tasks[label], description=text, completed=done, total=total)

    def close(self) -> None:
        """See Display."""
        self._progress.stop()


class Lines:
    """A display of plain lines, at most one in five seconds, and only if it says something new."""

    def __init__(self) -> None:
        self._due = time.monotonic() + _FIRST_LINE
        self._said = ""
        self._pace: dict[str, Pace] = {}

    def show(self, label: str, text: str, done: int, total: int) -> None:
        """See Display."""
        now = time.monotonic()
        pace = self._pace.setdefault(label, Pace(now))
        pace.note(now, done)
        if now < self._due or done >= total:
            return
        line = f"{text}: {size(done)} of {size(total)}"
        if line != self._said:
            _say(line + pace.left(done, total))
            self._said, self._due = line, now + _NEXT_LINE

    def close(self) -> None:
        """See Display."""


class Pace:
    """The speed of one thing, without the time it stood still."""

    def __init__(self, now: float) -> None:
        self._last, self._moving, self._done = now, 0.0, 0

    def note(self, now: float, done: int) -> None:
        """So much is done by now."""
        if done != self._done:
            self._moving += min(now - self._last, _STALL)
            self._last, self._done = now, done

    def seconds_left(self, done: int, total: int) -> float:
        """How long the rest will take; 0 where nothing is done yet."""
        return self._moving * (total - done) / done if done else 0.0

    def left(self, done: int, total: int) -> str:
        """The same as the end of a line."""
        seconds = self.seconds_left(done, total)
        return f", about {duration(seconds)} to go" if seconds > 1 else ""


def _can_move() -> bool:
    return sys.stderr.isatty() and os.environ.get("TERM", "") != "dumb"


def _say(line: str) -> None:
    click.echo(line, err=True)
