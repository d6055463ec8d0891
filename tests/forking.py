"""A command in a process of its own, forked from one that has imported the program.

To start Python and import the program takes ten times as long as most commands do. What is forked
has its own memory, surroundings, files, signals and end. A Python of its own it has not: where the
test is of that it says so, and in the soak, and on systems that do not fork well, one is started.
"""

from __future__ import annotations

import functools
import gc
import importlib
import json
import os
import pkgutil
import select
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from io import TextIOWrapper
from pathlib import Path
from typing import IO, Any

from effort import SOAK

ANEW = SOAK or sys.platform != "linux"
"""Whether Python is started for every command."""

_HEAD = struct.Struct("<I")
_FOR_PYTHON = ("PYTHON", "LC_", "LANG")


class Forked:
    """What of subprocess.Popen the tests use."""

    def __init__(self, args: list[str], settings: Mapping[str, Any]) -> None:
        self.args = args
        self.returncode: int | None = None
        self._ends: list[int] = []
        self.stdin = self._stream(settings["stdin"], "w")
        self.stdout = self._stream(settings["stdout"], "r")
        self.stderr = self._stream(settings["stderr"], "r")
        self._status, told = os.pipe()
        job = {"args": args, "cwd": str(settings["cwd"]), "env": dict(settings["env"])}
        _server().fork(job, [*self._ends, told])
        for end in (*self._ends, told):
            os.close(end)
        (self.pid,) = struct.unpack("<i", os.read(self._status, 4))
        self._readers: list[_Reader] | None = None

    def _stream(self, wanted: Any, mode: str) -> IO[str] | None:  # noqa: ANN401 - what Popen takes
        if wanted != subprocess.PIPE:
            number = wanted if isinstance(wanted, int) else wanted.fileno()
            devnull = number == subprocess.DEVNULL
            self._ends.append(os.open(os.devnull, os.O_RDWR) if devnull else os.dup(number))
            return None
        read, write = os.pipe()
        theirs, ours = (read, write) if mode == "w" else (write, read)
        self._ends.append(theirs)
        return open(ours, mode, encoding="utf-8")

    def poll(self) -> int | None:
        """The exit code, if it has ended."""
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            (self.returncode,) = struct.unpack("<i", os.read(self._status, 4))
            os.close(self._status)
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        """The exit code. Raises subprocess.TimeoutExpired."""
        if self.returncode is None:
            select.select([self._status], [], [], timeout)
        if self.poll() is None:
            raise subprocess.TimeoutExpired(self.args, timeout or 0)
        assert self.returncode is not None
        return self.returncode

    def send_signal(self, signum: int) -> None:
        """Unless it has ended."""
        if self.poll() is None:
            os.kill(self.pid, signum)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """As a power cut does."""
        self.send_signal(signal.SIGKILL)

    def communicate(
        self, said: str | None = None, timeout: float | None = None
    ) -> tuple[str | None, str | None]:
        """Say this, and hear all it says to its end. Raises subprocess.TimeoutExpired."""
        deadline = None if timeout is None else time.monotonic() + timeout
        if self._readers is None:
            self._readers = [_Reader(stream) for stream in (self.stdout, self.stderr)]
            if self.stdin is not None:
                _say(self.stdin, said or "")
        for reader in self._readers:
            reader.join(None if deadline is None else max(0, deadline - time.monotonic()))
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0)
        self.wait(None if deadline is None else max(0, deadline - time.monotonic()))
        out, errors = (reader.heard for reader in self._readers)
        return out, errors


class _Reader(threading.Thread):
    """Reads a stream to its end."""

    def __init__(self, stream: IO[str] | None) -> None:
        super().__init__(daemon=True)
        self._stream = stream
        self.heard: str | None = None
        self.start()

    def run(self) -> None:
        if self._stream is not None and not self._stream.closed:
            with self._stream:
                self.heard = self._stream.read()


def _say(stream: IO[str], text: str) -> None:
    """All of it; who has ended may leave it unread."""
    try:
        with stream:
            stream.write(text)
    except BrokenPipeError:
        pass


def start(args: list[str], *, anew: bool = False, **settings: Any) -> Any:  # noqa: ANN401 - Popen, or what is like it
    """Start the program with these settings of subprocess.Popen; with a Python of its own if told.

    That is so too where the surroundings hold something for Python itself.
    """
    if ANEW or anew or _for_python(settings["env"]) != _for_python(_plain()):
        return subprocess.Popen(args, **settings)
    return Forked(args, settings)


def _for_python(environment: Mapping[str, str]) -> dict[str, str]:
    return {k: v for k, v in environment.items() if k.startswith(_FOR_PYTHON)}


def _plain() -> dict[str, str]:
    return {k: v for k, v in os.environ.items() if not k.startswith(("LC_", "LANG"))}


# The process that is forked


class _Server:
    """The process; ends when this one does."""

    def __init__(self) -> None:
        self._socket, theirs = socket.socketpair()
        with theirs:
            subprocess.Popen(
                [sys.executable, __file__, str(theirs.fileno())],
                pass_fds=[theirs.fileno()],
                env=_plain(),
                stdin=subprocess.DEVNULL,
            ).returncode = 0  # it is not waited for
        self._lock = threading.Lock()

    def fork(self, job: object, files: list[int]) -> None:
        """Fork one that does the job, with these for 0, 1 and 2; the last is told of its end."""
        data = json.dumps(job).encode()
        with self._lock:
            socket.send_fds(self._socket, [_HEAD.pack(len(data))], files)
            self._socket.sendall(data)


_server = functools.cache(_Server)


def _serve(line: socket.socket) -> None:
    """Fork for each job; returns in the process that is to do it, and at the end of all."""
    while True:
        head, files, _, _ = socket.recv_fds(line, _HEAD.size, 4)
        if not head:
            os._exit(0)
        (left,) = _HEAD.unpack(head)
        data = b""
        while len(data) < left:
            data += line.recv(left - len(data))
        if os.fork() == 0:
            line.close()
            signal.signal(signal.SIGCHLD, signal.SIG_DFL)
            _keep(files)
            _become(json.loads(data), files)
            return
        for file in files:
            os.close(file)


def _keep(files: list[int]) -> None:
    """Fork once more, wait for it, and tell; returns in the one that was forked."""
    told = files.pop()
    child = os.fork()
    if child == 0:
        os.close(told)
        return
    for file in files:
        os.close(file)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.write(told, struct.pack("<i", child))
    _, status = os.waitpid(child, 0)
    os.write(told, struct.pack("<i", os.waitstatus_to_exitcode(status)))
    os._exit(0)


def _become(job: dict[str, Any], files: list[int]) -> None:
    """Take on what a started process has."""
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.chdir(job["cwd"])
    os.environ.clear()
    os.environ.update(job["env"])
    sys.argv = job["args"]
    sys.stdin, sys.stdout, sys.stderr = (_standard(number) for number in range(3))


def _standard(number: int) -> TextIOWrapper:
    """A stream as Python opens it at its start."""
    plain = open(number, "wb" if number else "rb", closefd=False)  # noqa: SIM115 - it stays open
    manner = "backslashreplace" if number == 2 else "surrogateescape"
    return TextIOWrapper(plain, "utf-8", manner, line_buffering=number == 2 or plain.isatty())


def _import_the_program() -> None:
    """All of it but the relay, which is no command that ends."""
    import tracktwo

    for module in pkgutil.walk_packages(tracktwo.__path__, "tracktwo."):
        if not module.name.startswith("tracktwo.relay."):
            importlib.import_module(module.name)
    gc.freeze()


if __name__ == "__main__":
    sys.path[:] = [entry for entry in sys.path if entry != str(Path(__file__).parent)]
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    _import_the_program()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    from tracktwo.cli import main

    try:
        main()
    except SystemExit as end:
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
        os._exit(int(end.code or 0))  # to take apart all that was imported takes long
