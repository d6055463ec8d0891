"""Every error a person can meet: what happened, where, what to do. None holds a secret."""

from __future__ import annotations


class TrackTwoError(Exception):
    """Something went wrong that the program can name. `exit_code` is what the command returns."""

    exit_code = 1


class BadInput(TrackTwoError):
    """A file or an argument cannot be used: what is wrong, where, and what to do about it."""

    exit_code = 2

    def __init__(
        self, what: str, *, where: str = "", line: int | None = None, advice: str = ""
    ) -> None:
        self.what, self.where, self.line, self.advice = what, where, line, advice
        place = where if line is None else f"{where}, line {line}"
        sentence = f"{place}: {what}" if place else what
        super().__init__(f"{sentence} {advice}".rstrip())


class WrongPassphrase(BadInput):
    """The passphrase opens nothing here."""


class Malformed(TrackTwoError):
    """Bytes are not the canonical encoding of anything this program writes."""

    exit_code = 4


class PeerFault(TrackTwoError):
    """The other side's messages are wrong, or the final check failed. The sitting is closed."""

    exit_code = 4


class NotYet(TrackTwoError):
    """The other side's next message is not here yet. Run the same command again later."""

    exit_code = 5


class Unreachable(NotYet):
    """A relay does not answer, or cannot take more now. Nothing is lost; it is tried again."""
