"""Who is in a channel: verified or not, heard when; notes of one's own; removing."""

from __future__ import annotations

from starlette.responses import Response

from tracktwo.channel import parting, view
from tracktwo.channel.replica import Replica
from tracktwo.channel.roster import ACTIVE, Member
from tracktwo.channel.signed_text import fingerprint
from tracktwo.channel.verify import compare, number_of
from tracktwo.errors import BadInput
from tracktwo.web.page import Page, screen
from tracktwo.web.screens.inviting import qr

_LONGEST_NOTE = 10_000


def _show(page: Page) -> Response:
    with page.channel() as (name, replica):
        return page.show(
            "members.html",
            name=name,
            replica=replica,
            members=replica.roster.everyone(),
            late=view.undelivered(replica),
            name_of=view.name_of,
            signs_as=fingerprint,
            roles=view.ROLES,
        )


def _member_of(page: Page, replica: Replica) -> Member:
    try:
        member = replica.roster.get(bytes.fromhex(page.param("member")))
    except ValueError:
        member = None
    if member is None:
        raise BadInput("There is no such member.")
    return member


def _one(page: Page, template: str = "member.html") -> Response:
    with page.channel() as (name, replica):
        member = _member_of(page, replica)
        return page.show(
            template,
            name=name,
            replica=replica,
            member=member,
            called=view.name_of(replica, member),
            roles=view.ROLES,
        )


def _annotate(page: Page) -> Response | None:
    note = page.form.text("note").strip()
    if len(note) > _LONGEST_NOTE:
        page.form.blame("note", page.gettext("This note is too long."))
        return None
    with page.channel() as (_, replica):
        replica.roster.annotate(_member_of(page, replica).id, note)
    return page.go(page.at.rpartition("/")[0], page.gettext("Your note is kept."))


def _ask_to_remove(page: Page) -> Response:
    return _one(page, "remove.html")


def _remove(page: Page) -> Response:
    with page.channel() as (_, replica):
        parting.remove(replica, _member_of(page, replica))
    page.rounds.nudge(page.param("channel"))
    return page.go(f"{page.here}/members", page.gettext("The member is removed."))


def _show_number(page: Page) -> Response:
    with page.channel() as (name, replica):
        number = number_of(replica) if replica.is_in else ""
        others = {m.id.hex(): view.name_of(replica, m) for m in replica.roster.others()}
        verified = {m.id.hex() for m in replica.roster.others() if m.is_verified}
        return page.show(
            "verify.html",
            name=name,
            replica=replica,
            groups=number.split(),
            picture=qr(number.replace(" ", "")) if number else "",
            others=others,
            verified=verified,
        )


def _compare(page: Page) -> Response | None:
    form = page.form
    with page.channel() as (_, replica):
        members = {member.id.hex(): member for member in replica.roster.everyone()}
        member = members.get(form.text("member"))
        if member is None or member.state != ACTIVE:
            form.blame("member", page.gettext("Whose number is this?"))
        if not form.line("number"):
            form.blame("number", page.gettext("Type the number that the other read to you."))
        if member is None or form.faults:
            return None
        with form.about("number"):
            compare(replica, member, form.line("number"))
        called = view.name_of(replica, member)
    if form.faults:
        return None
    return page.go(page.at, page.gettext("%(name)s is verified.") % {"name": called})


SCREENS = [
    screen("/c/{channel}/members", _show),
    screen("/c/{channel}/members/{member}", _one, _annotate, draft=True),
    screen("/c/{channel}/members/{member}/remove", _ask_to_remove, _remove),
    screen("/c/{channel}/verify", _show_number, _compare),
]
