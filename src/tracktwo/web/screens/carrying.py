"""Taking a channel along: a courier's stick, a transcript, a sealed archive."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from starlette.responses import Response

from tracktwo.channel import archive
from tracktwo.channel.courier import carried, read_from, write_for
from tracktwo.channel.sync import settle
from tracktwo.channel.transcript import transcript
from tracktwo.channel.view import name_of
from tracktwo.errors import BadInput
from tracktwo.probe.proposal import lines
from tracktwo.web.page import Page, screen


def _show(page: Page) -> Response:
    with page.channel() as (name, replica):
        others = {m.id.hex(): name_of(replica, m) for m in replica.roster.others()}
        is_archived = replica.charter.retention == "archive"
        return page.show(
            "carry.html", name=name, replica=replica, others=others, is_archived=is_archived
        )


def _courier_out(page: Page) -> Response | None:
    with page.channel() as (_, replica):
        settle(replica)
        members = {m.id.hex(): m for m in replica.roster.others()}
        member = members.get(page.form.text("member"))
        if member is None:
            page.form.blame("member", page.gettext("For whom?"))
            return None
        written = tempfile.TemporaryFile()  # noqa: SIM115 - closed once it is sent
        write_for(replica, member, cast("BinaryIO", written), page.house.home)
        carried(replica, member)
    return page.download(cast("BinaryIO", written), "tracktwo-courier")


def _courier_in(page: Page) -> Response | None:
    file = page.form.files.get("file")
    if file is None:
        page.form.blame("file", page.gettext("Choose the file that the courier brought."))
        return None
    with page.form.about("file"), page.channel() as (_, replica):
        fresh, large = read_from(replica, file, page.house.home)
        settle(replica)
    if page.form.faults:
        return None
    told = page.ngettext("%(n)s new letter.", "%(n)s new letters.", fresh + large)
    notice = told % {"n": page.language.number(fresh + large)}
    return page.go(page.here, notice)


def _export(page: Page) -> Response:
    kind = page.form.text("kind", "text")
    with page.channel() as (_, replica):
        if kind not in ("text", "json", "sealed"):
            raise BadInput("There is no such kind of file.")
        _, data = transcript(replica, page.language.hour, lines(replica), as_json=kind != "text")
        if kind == "sealed":
            return page.download(archive.seal(replica, data), "tracktwo-archive")
    return page.download(data, "transcript.txt" if kind == "text" else "transcript.json")


def _unseal(page: Page) -> Response | None:
    with page.form.about("sealed"), page.channel() as (_, replica):
        text = archive.unseal(replica, page.form.data("sealed"))
        return page.download(text, "transcript.json")
    return None


SCREENS = [
    screen("/c/{channel}/carry", _show),
    screen("/c/{channel}/carry/out", _show, _courier_out),
    screen("/c/{channel}/carry/in", _show, _courier_in),
    screen("/c/{channel}/carry/export", _show, _export),
    screen("/c/{channel}/carry/unseal", _show, _unseal),
]
