"""The courier's way: messages as files in a folder both sides can reach, now or later.

    tracktwo-folder               32 hex digits that name the folder, wherever it is carried
    0001-9f86d081884c7d65-3.msg   sitting 1, the side of that tag, message 3
    .0001-9f86d081884c7d65-3.part the same being written; nobody reads it

Messages are written beside, made durable, then renamed; other names are nobody's. Message 0 is the
terms (session.py), messages 1 to 5 are mpc/party.py's.
"""

from __future__ import annotations

import errno
import os
import re
import secrets
import stat
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader, FileIO
from pathlib import Path

from tracktwo.errors import BadInput, PeerFault

_NAME = re.compile(r"([0-9]{4})-([0-9a-f]{16})-(stop|[0-5])\.msg")
_ID = "tracktwo-folder"
_SETTLED = 3.0  # seconds after which a message that is short is taken to be cut, not on its way


class Folder:
    """One side's view of the folder. `tag` is 16 hex digits that stand for the side."""

    def __init__(self, path: Path, tag: str) -> None:
        """Raises BadInput if the folder does not stand or cannot be written."""
        self._path, self.tag = path, tag
        if not path.is_dir():
            advice = "Make it first; both sides must reach the same one."
            raise BadInput("There is no such folder.", where=str(path), advice=advice)
        with self._trouble():
            self.identity = self._identify()

    def _identify(self) -> str:
        marker = self._path / _ID
        try:
            with marker.open("x") as file:
                file.write(secrets.token_hex(16) + "\n")
        except FileExistsError:
            pass
        for _ in range(100):
            text = marker.read_text("ascii", "replace")
            if len(text) == 33:
                break
            time.sleep(0.02)  # the other side is writing it at this moment
        if not re.fullmatch(r"[0-9a-f]{32}\n", text):
            advice = "Take another folder, or remove that file if nothing is under way here."
            raise BadInput(
                "The file that names the folder is damaged.", where=str(marker), advice=advice
            )
        return text.strip()

    # Looking

    def sittings(self) -> dict[int, set[str]]:
        """For each sitting, the tags of the sides that wrote into it."""
        found: dict[int, set[str]] = {}
        with self._trouble():
            names = os.listdir(self._path)
        for name in names:
            if match := _NAME.fullmatch(name):
                found.setdefault(int(match[1]), set()).add(match[2])
        return found

    def other(self, sitting: int) -> str | None:
        """The other side's tag in a sitting, once it wrote. Raises PeerFault if there are two."""
        others = self.sittings().get(sitting, set()) - {self.tag}
        if len(others) > 1:
            raise PeerFault("More than two sides write into this sitting.")
        return next(iter(others), None)

    def opened_by_other(self, above: int) -> int | None:
        """The latest sitting numbered above `above` that another side opened and we are not in."""
        numbers = [
            number
            for number, tags in self.sittings().items()
            if number > above and len(tags) == 1 and self.tag not in tags
            if not self.has(number, next(iter(tags)), "stop")
        ]
        return max(numbers, default=None)

    def has(self, sitting: int, tag: str, message: int | str) -> bool:
        """Whether a message is there."""
        return self._at(sitting, tag, message).is_file()

    def open(
        self, sitting: int, tag: str, message: int | str, length: range
    ) -> BufferedReader | None:
        """A message for reading, or None if it is not there yet or still on its way.

        Raises PeerFault if its length is not in `length` and it is not growing any more.
        """
        with self._trouble():
            try:
                file = os.fdopen(_open_plainly(self._at(sitting, tag, message)), "rb")
            except FileNotFoundError:
                return None
            status = os.fstat(file.fileno())
        if not stat.S_ISREG(status.st_mode):
            file.close()
            raise PeerFault(f"The other side's message {message} is not a plain file.")
        if status.st_size in length:
            return file
        file.close()
        if status.st_size < length.start and time.time() - status.st_mtime < _SETTLED:
            return None
        kind = "cut short" if status.st_size < length.start else "too long"
        raise PeerFault(f"The other side's message {message} is {kind}.")

    def signature(self, sitting: int, tag: str, message: int) -> tuple[int, ...] | None:
        """Numbers that change when a message is replaced; None if it was carried away."""
        try:
            status = os.stat(self._at(sitting, tag, message))
        except FileNotFoundError:
            return None
        return signature_of(status)

    # Writing

    @contextmanager
    def writing(self, sitting: int, message: int | str, length: int) -> Iterator[FileIO]:
        """A file for our message of that length; `publish` it when it is whole."""
        with self._trouble(), self._part(sitting, message).open("wb", buffering=0) as file:
            _reserve(file.fileno(), length)
            yield file
            os.fsync(file.fileno())

    def publish(self, sitting: int, message: int | str) -> None:
        """Give our message its name, for the other side to see."""
        with self._trouble():
            os.replace(self._part(sitting, message), self._at(sitting, self.tag, message))
            self._sync()

    def post_stop(self, sitting: int) -> None:
        """Tell the other side that nothing more comes; if that fails it just waits longer."""
        try:
            with self.writing(sitting, "stop", 0):
                pass
            self.publish(sitting, "stop")
        except BadInput:
            return

    def clear(self) -> None:
        """Remove what a killed process of ours left half-written."""
        with self._trouble():
            for part in self._path.glob(f".*-{self.tag}-*.part"):
                part.unlink(missing_ok=True)

    def _sync(self) -> None:
        if os.name == "posix":  # elsewhere a folder cannot be synced, nor need it be
            handle = os.open(self._path, os.O_RDONLY)
            try:
                os.fsync(handle)
            finally:
                os.close(handle)

    def _at(self, sitting: int, tag: str, message: int | str) -> Path:
        return self._path / f"{sitting:04d}-{tag}-{message}.msg"

    def _part(self, sitting: int, message: int | str) -> Path:
        return self._path / f".{sitting:04d}-{self.tag}-{message}.part"

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            advice = "Nothing is lost: mend it and run the same command again."
            reason = error.strerror or "input or output failed"
            raise BadInput(
                f"The folder cannot be used ({reason}).", where=str(self._path), advice=advice
            ) from None


def signature_of(status: os.stat_result) -> tuple[int, ...]:
    """Numbers that change when a file is replaced or written."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def _reserve(descriptor: int, length: int) -> None:
    """Claim the room before writing: a full disk shows at once, and writing is much faster."""
    if length and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, length)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise


def _open_plainly(path: Path) -> int:
    """Open without following links and without waiting: a pipe must not make us hang."""
    plainly = [getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")]
    try:
        return os.open(path, os.O_RDONLY | sum(plainly))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise PeerFault("The other side put a link where a message belongs.") from None
        raise
