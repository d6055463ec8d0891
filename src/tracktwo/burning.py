"""Destroying all that one has of a channel on this machine, its sittings too."""

from __future__ import annotations

import shutil
from pathlib import Path

from tracktwo.channel.node import Node
from tracktwo.errors import TrackTwoError


def burn(node: Node, name: str, home: Path) -> None:
    """Forget a channel's key, then remove what it opened. Raises BadInput if there is none."""
    sittings = _sittings(node, name, home)
    node.burn(name)
    for place in sittings:
        shutil.rmtree(place, ignore_errors=True)


def _sittings(node: Node, name: str, home: Path) -> list[Path]:
    """The folders of a channel's sittings; none if the channel's file is damaged."""
    from tracktwo.probe.correspondence import places  # with arrays, which take long to load

    try:
        with node.channel(name) as replica:
            return places(replica, home)
    except TrackTwoError:
        return []
