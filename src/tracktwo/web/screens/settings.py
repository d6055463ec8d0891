"""What is one's own: the passphrase, the way to relays, a backup, the lock and when it shuts."""

from __future__ import annotations

import tempfile
from typing import BinaryIO, cast

from starlette.responses import Response

from tracktwo import keyfile
from tracktwo.channel import backup
from tracktwo.channel.post import Post
from tracktwo.web.idle_lock import CHOICES
from tracktwo.web.page import Page, screen
from tracktwo.web.rounds import PROXY


def _show(page: Page) -> Response:
    return page.show("settings.html", is_told=page.house.proxy is not None)


def _show_passphrase(page: Page) -> Response:
    return page.show("passphrase.html")


def _change_passphrase(page: Page) -> Response | None:
    form = page.form
    if form.text("new") != form.text("again"):
        form.blame("again", page.gettext("The two are not the same."))
    with form.about("new"):
        keyfile.require_length(form.text("new"))
    if form.faults:
        return None
    with form.about("passphrase"):
        key = page.house.home / "node.key"
        keyfile.change(key, form.text("passphrase"), form.text("new"))
        return page.go("/settings", page.gettext("Your node has another passphrase."))
    return None


def _show_proxy(page: Page) -> Response:
    with page.node() as node:
        kept = node.kept(PROXY)
    return page.show("proxy.html", proxy="" if kept is None else kept.decode())


def _settle_proxy(page: Page) -> Response | None:
    proxy = page.form.line("proxy")
    with page.form.about("proxy"):
        if proxy:
            Post(proxy)
    if page.form.faults:
        return None
    with page.node() as node:
        node.keep(PROXY, proxy.encode())
    page.knocks.end()
    page.rounds.end()
    page.rounds.begin()
    page.knocks.begin()
    return page.go("/settings", page.gettext("It is settled."))


def _show_backup(page: Page, missing: tuple[str, ...] = ()) -> Response:
    left_out = len(list((page.house.home / "sittings").glob("*")))
    return page.show("backup.html", left_out=left_out, missing=missing)


def _back_up(page: Page) -> Response:
    written = cast("BinaryIO", tempfile.TemporaryFile())  # noqa: SIM115 - closed once it is sent
    with page.node() as node:
        missing = backup.write(node, written).missing
    if any(name not in page.form.text("without").splitlines() for name in missing):
        written.close()  # nobody can be told anything beside a file that is sent
        return _show_backup(page, missing)
    return page.download(written, "tracktwo.backup")


def _show_idle(page: Page) -> Response:
    choices = {
        str(count): page.ngettext("one minute", "%(n)d minutes", count) % {"n": count}
        for count in CHOICES
        if count
    }
    choices["0"] = page.gettext("Never")
    return page.show("idle.html", minutes=str(page.idle_lock.minutes), choices=choices)


def _settle_idle(page: Page) -> Response | None:
    if page.form.text("minutes") not in map(str, CHOICES):
        page.form.blame("minutes", page.gettext("Choose one of these."))
        return None
    page.idle_lock.settle(int(page.form.text("minutes")))
    return page.go("/settings", page.gettext("It is settled."))


def _lock(page: Page) -> Response:
    page.idle_lock.lock()
    page.session = None
    return page.go("/")


SCREENS = [
    screen("/settings", _show),
    screen("/settings/passphrase", _show_passphrase, _change_passphrase),
    screen("/settings/proxy", _show_proxy, _settle_proxy),
    screen("/settings/backup", _show_backup, _back_up),
    screen("/settings/idle", _show_idle, _settle_idle),
    screen("/awake", lambda _: Response(status_code=204)),
    screen("/lock", lambda page: page.go("/"), _lock),
]
