"""Signing what was agreed; which texts are signed, and by whom; checking a file of one."""

from __future__ import annotations

from dataclasses import dataclass

from starlette.responses import Response

from tracktwo.channel import signatures
from tracktwo.channel.replica import Replica
from tracktwo.channel.signatures import Agreed
from tracktwo.channel.signed_text import SignedText, fingerprint, is_right, read_file, to_sign
from tracktwo.channel.view import name_of
from tracktwo.errors import BadInput
from tracktwo.said import said
from tracktwo.web.cutting import beginning, last_fitting
from tracktwo.web.page import Page, screen


@dataclass(frozen=True)
class Shown:
    """A signed text on the page: what of it is shown, and whether that is all."""

    place: int
    text: str
    is_whole: bool
    names: list[str]
    is_ours: bool


def _show(page: Page, checked: SignedText | None = None) -> Response:
    with page.channel() as (name, replica):
        found = signatures.texts(replica)
        count = last_fitting([agreed.text for agreed in found])
        shown = [_shown(replica, agreed) for agreed in reversed(found[len(found) - count :])]
        return page.show(
            "sign.html",
            name=name,
            replica=replica,
            texts=shown,
            more=len(found) - len(shown),
            checked=checked,
            rows=[] if checked is None else _rows(replica, checked),
        )


def _shown(replica: Replica, agreed: Agreed) -> Shown:
    text = beginning(agreed.text)
    names = [name_of(replica, member) for member in agreed.signers]
    is_ours = replica.own in {member.id for member in agreed.signers}
    return Shown(agreed.place, text, text == agreed.text, names, is_ours)


def _rows(replica: Replica, checked: SignedText) -> list[tuple[str, str, bool]]:
    """Of each signature: whose key it is here, its fingerprint, whether it is right."""
    names = {member.card.text: name_of(replica, member) for member in replica.roster.everyone()}
    return [
        (names.get(key, ""), fingerprint(key), is_right(key, checked.text, signature))
        for key, signature in checked.signatures
    ]


def _sign(page: Page) -> Response | None:
    form = page.form
    place = form.text("place")
    sure = f"sure-{place}" if place else "sure"
    with page.channel() as (_, replica):
        text = ""
        with form.about("" if place else "text"):
            text = _signed_at(replica, place).text if place else _typed(page)
        if form.text(sure) != "yes":
            form.blame(sure, page.gettext("Say that you mean it."))
        if form.faults:
            return None
        with form.about("" if place else "text"):
            signatures.sign(replica, text)
    if form.faults:
        return None
    page.rounds.nudge(page.param("channel"))
    return page.go(page.at, page.gettext("It is signed, and goes to all."))


def _typed(page: Page) -> str:
    return to_sign(page.form.text("text").encode(errors="surrogatepass"))


def _signed_at(replica: Replica, place: str) -> Agreed:
    if not (place.isdecimal() and len(place) < 16):
        raise BadInput(said("No text is signed at place {place}.", place=place[:16]))
    return signatures.at(replica, int(place))


def _file(page: Page) -> Response:
    place = page.param("place")
    with page.channel() as (_, replica):
        return page.download(_signed_at(replica, place).signed().write(), f"signed-{place}.json")


def _check(page: Page) -> Response | None:
    with page.form.about("file"):
        return _show(page, read_file(page.form.data("file")))
    return None


SCREENS = [
    screen("/c/{channel}/sign", _show, _sign, draft=True),
    screen("/c/{channel}/sign/check", _show, _check),
    screen("/c/{channel}/sign/{place}/file", _file),
]
