"""What somebody filled in, and what is wrong with it, field by field."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import BinaryIO

from tracktwo.errors import BadInput, TrackTwoError

SECRET = frozenset({"csrf", "passphrase", "new", "again"})
"""Fields that are never shown again, nor kept."""

_LARGEST_FILE = 32 << 20  # bytes


@dataclass
class Form:
    """Values as typed; files as brought; a sentence for each field that cannot stay so."""

    values: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, BinaryIO] = field(default_factory=dict)
    say: Callable[[TrackTwoError], str] = str
    faults: dict[str, str] = field(default_factory=dict)
    """By field; under "" what is about no field alone."""

    def __repr__(self) -> str:
        return "Form(<secret>)"

    def text(self, name: str, default: str = "") -> str:
        """What is in a field; `default` where nobody has filled anything in yet."""
        return self.values.get(name, default)

    def line(self, name: str) -> str:
        """What is in a field of one line, without blanks at its ends."""
        return self.text(name).strip()

    def data(self, name: str) -> bytes:
        """What is in a file that was brought; nothing if none was. Raises BadInput."""
        file = self.files.get(name)
        if file is None:
            return b""
        file.seek(0)
        data = file.read(_LARGEST_FILE + 1)
        if len(data) > _LARGEST_FILE:
            raise BadInput("This file is too large for what it should be.")
        return data

    def shown(self) -> dict[str, str]:
        """All that may be kept and shown again."""
        return {name: value for name, value in self.values.items() if name not in SECRET}

    def blame(self, name: str, fault: str | TrackTwoError) -> None:
        """Say what is wrong with a field; the first fault stays."""
        self.faults.setdefault(name, fault if isinstance(fault, str) else self.say(fault))

    def about(self, name: str) -> About:
        """`with form.about(name)`: what goes wrong inside is this field's fault."""
        return About(self, name)


@dataclass(frozen=True)
class About:
    """A part of what a form does that hangs on one field."""

    form: Form
    name: str

    def __enter__(self) -> None:
        """Nothing is wrong yet."""

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> bool:
        """Take an error a person can meet for the field's."""
        if isinstance(error, TrackTwoError):
            self.form.blame(self.name, error)
            return True
        return False
