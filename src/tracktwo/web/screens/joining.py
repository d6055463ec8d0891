"""Coming into a channel: by the code one was told, or the file one was given; the charter first."""

from __future__ import annotations

from starlette.responses import Response

from tracktwo.channel.handing import from_file, read_link
from tracktwo.channel.rendezvous import read_code
from tracktwo.channel.view import ROLES
from tracktwo.errors import BadInput, Malformed
from tracktwo.terms import require_address, require_channel_name, require_name
from tracktwo.web.knocking import Wish
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.charter import in_words


def _show(page: Page) -> Response:
    return page.show("join.html")


def _join(page: Page) -> Response | None:
    form = page.form
    name, pseudonym = form.line("name"), form.line("pseudonym")
    with form.about("name"), page.node() as node:
        require_channel_name(name)
        if name in node.idents().values():
            raise BadInput("There is a channel of this name already.")
        page.knocks.require_free(name)
    with form.about("pseudonym"):
        require_name(pseudonym)
    code, told = read_link(form.line("code"))
    relay = form.line("relay") or told
    with form.about("relay"):
        require_address(relay)
    if "file" in form.files:
        return _by_file(page)
    with form.about("code"):
        if not code:
            raise BadInput("Type the code, or choose the file.")
        read_code(code)
        if not relay and not form.faults:
            form.blame("relay", page.gettext("A code needs to know the relay."))
    if form.faults:
        return None
    with form.about("name"):
        page.knocks.knock(Wish(name, str(read_code(code)), relay, pseudonym))
        return page.go("/", page.gettext("You are knocking. Leave this open until you are let in."))
    return None


def _by_file(page: Page) -> Response | None:
    form = page.form
    name, relay = form.line("name"), form.line("relay")
    with form.about("file"):
        try:
            invitation = from_file(form.data("file"))
        except Malformed:
            raise BadInput("This is no invitation.") from None
    if form.faults:
        return None
    wish = Wish(name, "", relay, form.line("pseudonym"))
    return page.go(f"/knock/{page.knocks.invited(wish, invitation)}")


def _look(page: Page) -> Response:
    knock = page.knocks.all().get(page.param("knock"))
    if knock is None or knock.invitation is None:
        return page.go("/")
    invitation = knock.invitation
    return page.show(
        "invited.html",
        wish=knock.wish,
        invitation=invitation,
        role=ROLES[invitation.role],
        **in_words(invitation.charter),
    )


def _decide(page: Page) -> Response:
    if page.form.text("do") != "come in":
        page.knocks.give_up(page.param("knock"))
        return page.go("/")
    page.knocks.agree(page.param("knock"))
    return page.go("/", page.gettext("Your first word is on its way. You will be let in soon."))


SCREENS = [
    screen("/join", _show, _join, draft=True),
    screen("/knock/{knock}", _look, _decide),
]
