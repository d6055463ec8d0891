"""The courier's way: messages as files in a folder both sides can reach, now or later.

    tracktwo-folder               32 hex digits that name the folder, wherever it is carried
    0001-9f86d081884c7d65-3.msg   sitting 1, the side of that tag, message 3
    .0001-9f86d081884c7d65-3.0123456789abcdef.part    the same being written; nobody reads it

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
from contextlib import contextmanager, suppress
from io import BufferedReader, FileIO
from pathlib import Path

from tracktwo.errors import BadInput, PeerFault
from tracktwo.reasons import reason
from tracktwo.said import said

_NAME = re.compile(r"([0-9]{4})-([0-9a-f]{16})-(stop|[0-5])\.msg")
_ID = "tracktwo-folder"
_REACH = 100  # how far ahead a sitting's number may be: nobody can use them all up at once
_LAST = 9999
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
        if not os.path.lexists(marker):
            self._name(marker)
        for _ in range(100):
            text = _start_of(marker, 34)
            if len(text) >= 33:
                break
            time.sleep(0.02)  # the other side is writing it at this moment
        if not re.fullmatch(rb"[0-9a-f]{32}\n", text):
            advice = "Take another folder, or remove that file if nothing is under way here."
            raise BadInput(
                "The file that names the folder is damaged.", where=str(marker), advice=advice
            )
        return text.decode().strip()

    def _name(self, marker: Path) -> None:
        """Give the folder a name, unless the other side is quicker."""
        text = secrets.token_hex(16).encode() + b"\n"
        draft = self._path / f".{_ID}.{secrets.token_hex(8)}.part"
        try:
            _write_new(draft, text)
            os.link(draft, marker)
        except FileExistsError:
            return
        except OSError:  # a file system without hard links
            with suppress(FileExistsError):
                _write_new(marker, text)
        finally:
            draft.unlink(missing_ok=True)

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
        """The latest sitting, not far above `above`, another side opened and we are not in."""
        numbers = [
            number
            for number, tags in self.sittings().items()
            if above < number <= above + _REACH and len(tags) == 1 and self.tag not in tags
            if not self.has(number, next(iter(tags)), "stop")
        ]
        return max(numbers, default=None)

    def open_under_our_name(self, above: int) -> int | None:
        """An unfinished sitting above `above` with messages under our name: not this vault's."""
        numbers = [
            number
            for number, tags in self.sittings().items()
            if number > above and self.tag in tags and not self.has(number, self.tag, 5)
            if not any(self.has(number, tag, "stop") for tag in tags)
        ]
        return max(numbers, default=None)

    def unused(self, above: int) -> int:
        """A number for a new sitting above `above`. Raises BadInput if none is left."""
        near = [number for number in self.sittings() if number <= above + _REACH]
        number = max([above, *near]) + 1
        if number > _LAST:
            raise BadInput("This folder has seen too many sittings.", advice="Take a new folder.")
        return number

    def has(self, sitting: int, tag: str, message: int | str) -> bool:
        """Whether a message is there."""
        with self._trouble():
            return os.path.lexists(self._at(sitting, tag, message))

    def open(
        self, sitting: int, tag: str, message: int | str, length: range
    ) -> BufferedReader | None:
        """A message for reading, or None if it is not there yet or still on its way.

        Raises PeerFault if its length is not in `length` and it is not growing any more.
        """
        with self._trouble():
            try:
                descriptor = _open_plainly(self._at(sitting, tag, message))
            except FileNotFoundError:
                return None
            status = os.fstat(descriptor)
            if stat.S_ISREG(status.st_mode) and status.st_size in length:
                return os.fdopen(descriptor, "rb")
            os.close(descriptor)
        if not stat.S_ISREG(status.st_mode):
            raise PeerFault(
                said("The other side's message {message} is not a plain file.", message=message)
            )
        if status.st_size < length.start and time.time() - status.st_mtime < _SETTLED:
            return None
        if status.st_size < length.start:
            raise PeerFault(
                said("The other side's message {message} is cut short.", message=message)
            )
        raise PeerFault(said("The other side's message {message} is too long.", message=message))

    def signature(self, sitting: int, tag: str, message: int) -> tuple[int, ...] | None:
        """Numbers that change when a message is replaced; None if it was carried away."""
        with self._trouble():
            try:
                return signature_of(os.lstat(self._at(sitting, tag, message)))
            except FileNotFoundError:
                return None

    # Writing

    @contextmanager
    def draft(self, sitting: int, message: int | str, length: int) -> Iterator[Draft]:
        """A message of ours of that length, being written; gone unless it is published."""
        part = self._path / f".{sitting:04d}-{self.tag}-{message}.{secrets.token_hex(8)}.part"
        with self._trouble():
            try:
                with os.fdopen(_open_new(part), "wb", buffering=0) as file:
                    _reserve(file.fileno(), length)
                    yield Draft(file, part, self._at(sitting, self.tag, message))
                self._sync()
            finally:
                part.unlink(missing_ok=True)

    def post_stop(self, sitting: int) -> None:
        """Tell the other side that nothing more comes; if that fails it just waits longer."""
        try:
            with self.draft(sitting, "stop", 0) as draft:
                draft.publish()
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

    @contextmanager
    def _trouble(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            advice = "Nothing is lost: mend it and try again."
            what = said("The folder cannot be used ({why}).", why=reason(error))
            raise BadInput(what, where=str(self._path), advice=advice) from None


class Draft:
    """A message of ours that nobody reads yet."""

    def __init__(self, file: FileIO, part: Path, name: Path) -> None:
        self._file, self._part, self._name = file, part, name

    def write(self, data: bytes | memoryview) -> None:
        """Write all of the bytes."""
        view = memoryview(data)
        rest = view.cast("B") if view.nbytes else memoryview(b"")
        while rest:
            rest = rest[self._file.write(rest) :]

    def publish(self) -> None:
        """Make it durable and give it its name, for the other side to see."""
        os.fsync(self._file.fileno())
        os.replace(self._part, self._name)


def signature_of(status: os.stat_result) -> tuple[int, ...]:
    """Numbers that change when a file is replaced or written."""
    return status.st_ino, status.st_size, status.st_mtime_ns


def _start_of(path: Path, count: int) -> bytes:
    """Up to `count` bytes of a plain file; nothing of anything else."""
    with os.fdopen(_open_plainly(path), "rb") as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            return b""
        return file.read(count)


def _reserve(descriptor: int, length: int) -> None:
    """Claim the room before writing: a full disk shows at once, and writing is much faster."""
    if length and hasattr(os, "posix_fallocate"):
        try:
            os.posix_fallocate(descriptor, 0, length)
        except OSError as error:
            if error.errno not in (errno.EINVAL, errno.EOPNOTSUPP):
                raise


def _open_new(path: Path) -> int:
    """Open a file that does not stand yet; never through a link somebody laid there."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | getattr(os, "O_BINARY", 0)
    return os.open(path, flags, 0o644)


def _write_new(path: Path, data: bytes) -> None:
    with os.fdopen(_open_new(path), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _open_plainly(path: Path) -> int:
    """Open without following links and without waiting: a pipe must not make us hang."""
    plainly = [getattr(os, name, 0) for name in ("O_NOFOLLOW", "O_NONBLOCK", "O_BINARY")]
    try:
        return os.open(path, os.O_RDONLY | sum(plainly))
    except OSError as error:
        if error.errno == errno.ELOOP:
            raise PeerFault("The other side put a link where a message belongs.") from None
        raise
