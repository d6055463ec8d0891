"""Beginning a channel: what it is called, who you are in it, its charter."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from tracktwo.channel.charter import RETENTIONS, RULES
from tracktwo.channel.view import ROLES
from tracktwo.terms import (
    charter_of,
    listed,
    require_address,
    require_channel_name,
    require_name,
    require_side,
)
from tracktwo.web.page import Page, screen


def _show(page: Page) -> Response:
    retentions = {
        "keep": page.gettext("Keep it"),
        "delete": page.gettext("Delete each word after some days"),
        "archive": page.gettext("Seal it for custodians"),
    }
    return page.show(
        "begin_channel.html",
        roles={role: page.language.said(text) for role, text in ROLES.items()},
        rules={rule: page.language.said(text) for rule, text in RULES.items()},
        retentions={name: retentions[name] for name in RETENTIONS},
    )


def _begin(page: Page) -> Response | None:
    form = page.form
    name, pseudonym, side = form.line("name"), form.line("pseudonym"), form.line("side")
    relay, role = form.line("relay"), form.text("role", "convener")
    for field, check, value in (
        ("name", require_channel_name, name),
        ("pseudonym", require_name, pseudonym),
        ("relay", require_address, relay),
    ):
        with form.about(field):
            check(value)
    with form.about("name"):
        page.knocks.require_free(name)
    with form.about("side"):
        require_side(side, role)
    fields = _charter(page)
    if form.faults:
        return None
    charter = charter_of(fields)
    with form.about("name"), page.node() as node:
        node.found(name, charter, relay=relay, pseudonym=pseudonym, side=side, role=role)
    if form.faults:
        return None
    page.rounds.begin()
    with page.node() as node:
        ident = next(ident for ident, known in node.idents().items() if known == name)
    return page.go(f"/c/{ident}/invite", page.gettext("The channel stands. Now invite somebody."))


def _charter(page: Page) -> dict[str, Any]:
    """The charter's fields; what cannot be is blamed on its own field."""
    form = page.form
    retention = form.text("retention", "keep")
    fields: dict[str, Any] = {
        "title": form.line("title") or form.line("name"),
        "goal": form.line("goal"),
        "rule": form.text("rule", "chatham-house"),
        "languages": listed(form.line("languages") or page.language.code),
        "probes": _whole(page, "probes", 3),
        "breadth": form.line("breadth"),
    }
    with form.about("title"):
        charter_of({"title": form.line("title") or "-"})
    for name in ("goal", "languages", "probes", "breadth"):
        with form.about(name):
            charter_of({"title": "-", name: fields[name]})
    kept: dict[str, Any] = {"retention": retention}
    if retention == "delete":
        kept["days"] = _whole(page, "days", 0)
    elif retention == "archive":
        kept["custodians"] = listed(form.line("custodians"))
    with form.about({"delete": "days", "archive": "custodians"}.get(retention, "retention")):
        charter_of({"title": "-", **kept})
    return fields | kept


def _whole(page: Page, name: str, default: int) -> int:
    text = page.form.line(name)
    if text.isdecimal() and len(text) < 9:
        return int(text)
    if text:
        page.form.blame(name, page.gettext("This is a whole number, in figures."))
    return default


SCREENS = [screen("/begin", _show, _begin, draft=True)]
