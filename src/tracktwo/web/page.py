"""One request: who asks, in which language, for which channel, with which form; and the answer.

A screen is one address. `get` shows it, `post` does what its form asks; both get a Page. Where
`post` returns None, or raises a TrackTwoError, `get` shows the form again, filled, with what is
wrong beside each field. So a form lives where it is sent to, and whatever interrupts it, it can be
shown there again.
"""

from __future__ import annotations

import hmac
import logging
import os
import traceback
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from starlette.background import BackgroundTask
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartParser
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response, StreamingResponse
from starlette.routing import Route

from tracktwo.encoding import decode, encode
from tracktwo.errors import BadInput, Malformed, TrackTwoError
from tracktwo.web import templates
from tracktwo.web.forms import Form
from tracktwo.web.house import House, Session
from tracktwo.web.idle_lock import HIDDEN, LOOK
from tracktwo.web.language import Language, language, preferred

if TYPE_CHECKING:
    from tracktwo.channel.node import Node
    from tracktwo.channel.replica import Replica
    from tracktwo.web.idle_lock import IdleLock
    from tracktwo.web.knocking import Knocks
    from tracktwo.web.rounds import Rounds
    from tracktwo.web.sittings import Sittings

_MOST_FIELDS, _LARGEST_FIELD = 2000, 1 << 20
_LARGEST_DRAFT = 1 << 21
_LARGEST_OUTSIDE = 2 << 20  # bytes of a form, while nobody is in
_PIECE = 1 << 16
# What is brought may be secret, and is not to lie on the disk; what is larger is encrypted.
MultiPartParser.spool_max_size = 32 << 20
_log = logging.getLogger("tracktwo.web")

Get = Callable[["Page"], Response]
Post = Callable[["Page"], Response | None]


@dataclass
class Page:
    """See the module. `at`: the address below the door."""

    request: Request
    house: House
    language: Language
    session: Session | None
    at: str
    form: Form = field(default_factory=Form)
    remark: str = ""
    """What to say above this page alone."""
    is_lost: bool = False
    """Whether what was just typed could not be kept."""

    def __repr__(self) -> str:
        return "Page(<secret>)"

    def gettext(self, text: str) -> str:
        """A text of the page in its language."""
        return self.language.gettext(text)

    def ngettext(self, one: str, many: str, count: int) -> str:
        """The same, counting."""
        return self.language.ngettext(one, many, count)

    @property
    def rounds(self) -> Rounds:
        """What synchronises in the background."""
        found: Rounds = self.request.app.state.errands.rounds
        return found

    @property
    def knocks(self) -> Knocks:
        """What knocks at doors in the background."""
        found: Knocks = self.request.app.state.errands.knocks
        return found

    @property
    def idle_lock(self) -> IdleLock:
        """What locks the node, by hand or by itself."""
        found: IdleLock = self.request.app.state.idle_lock
        return found

    @property
    def sittings(self) -> Sittings:
        """What takes part in sittings in the background."""
        found: Sittings = self.request.app.state.errands.sittings
        return found

    def param(self, name: str) -> str:
        """A part of the address."""
        return str(self.request.path_params[name])

    @property
    def here(self) -> str:
        """The address of the channel this is about."""
        return f"/c/{self.param('channel')}"

    @property
    def is_seen(self) -> bool:
        """Whether somebody can see the answer: a page that is hidden asks by itself too."""
        return self.request.headers.get(LOOK) != HIDDEN

    # What it is about

    @contextmanager
    def node(self) -> Iterator[Node]:
        """The node."""
        with self.house.node() as node:
            yield node

    @contextmanager
    def channel(self) -> Iterator[tuple[str, Replica]]:
        """The channel of this address: what the person calls it, and its copy."""
        with self.house.node() as node:
            name = node.idents().get(self.param("channel"), "")
            if not name:
                raise BadInput("There is no such channel.")
            with node.channel(name) as replica:
                yield name, replica

    # Answers

    def href(self, path: str) -> str:
        """An address of the page, for who is in."""
        return path if self.session is None else f"/{self.session.door}{path}"

    def show(self, template: str, *, status: int = 200, **values: object) -> HTMLResponse:
        """A page."""
        notice = self.remark
        if self.session is not None:
            notice = f"{self.session.notice} {self.remark}".strip()
            self.session.notice = ""
        return HTMLResponse(templates.render(self, template, notice=notice, **values), status)

    def go(self, path: str, notice: str = "") -> Response:
        """Another page after a form was done; `notice` is said there once."""
        if self.session is not None:
            self.session.notice = notice
        return RedirectResponse(self.href(path), 303)

    def download(self, data: bytes | BinaryIO, name: str) -> Response:
        """A file to keep."""
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        if isinstance(data, bytes):
            return Response(data, media_type="application/octet-stream", headers=headers)
        data.seek(0)
        pieces = iter(lambda: data.read(_PIECE), b"")
        closing = BackgroundTask(data.close)
        return StreamingResponse(
            pieces, media_type="application/octet-stream", headers=headers, background=closing
        )

    def leave(self) -> str:
        """Keep what was just typed, and under which name; "" for a draft, which is sent again."""
        if self.form.text("keep"):
            return ""
        name = self.house.leave(self.at, self.form.shown())
        self.is_lost = not name and bool(self.form.shown())
        return name

    def lost(self) -> str:
        """What to say where it could not be kept."""
        return self.gettext(
            "What you typed is too long to be kept: go back in your browser, where it may still"
            " stand."
        )

    def with_left(self, path: str) -> str:
        """This address, where what was just typed is filled in again."""
        left = self.leave()
        return f"{path}?left={left}" if left else path

    # Drafts

    def _draft_place(self) -> tuple[str, str]:
        """Under which name a draft of this form is kept, and for which channel."""
        with self.node() as node:
            ident = self.request.path_params.get("channel", "")
            return f"draft {self.at}", node.idents().get(ident, "")

    def draft(self) -> dict[str, str]:
        """What was typed here and not sent."""
        name, channel = self._draft_place()
        with self.node() as node:
            data = node.kept(name, channel)
        return {} if data is None else dict(decode(data, limit=_LARGEST_DRAFT))

    def keep_draft(self) -> None:
        """Keep what is typed, encrypted with the node."""
        name, channel = self._draft_place()
        typed = {of: value for of, value in self.form.shown().items() if of != "keep"}
        with self.node() as node:
            node.keep(name, encode(typed), channel)

    def drop_draft(self) -> None:
        """It was sent."""
        name, channel = self._draft_place()
        with self.node() as node:
            node.drop(name, channel)


@dataclass(frozen=True)
class Screen:
    """How one address is shown, and what its form does."""

    get: Get
    post: Post | None
    draft: bool
    is_outside: bool


def screen(
    path: str,
    get: Get,
    post: Post | None = None,
    *,
    draft: bool = False,
    is_outside: bool = False,
) -> Route:
    """A screen at this address below the door.

    `draft`: what is typed there is kept until sent. `is_outside`: also where no node is unlocked.
    """
    shown = Screen(get, post, draft, is_outside)

    async def endpoint(request: Request) -> Response:
        async with page_of(request) as page:
            return await run_in_threadpool(_answer, page, shown)

    methods = ["GET"] if post is None else ["GET", "POST"]
    return Route(path, endpoint, methods=methods)


def cookie_of(door: str) -> str:
    """What the cookie of a door is called: nobody at another port can lay one of that name."""
    return f"tracktwo-{door}"


@asynccontextmanager
async def page_of(request: Request) -> AsyncIterator[Page]:
    """Who asks, and what was typed; the files that came are there as long as this lasts."""
    page = unread(request)
    if request.method != "POST":
        yield page
        return
    if page.session is None and int(request.headers["content-length"]) > _LARGEST_OUTSIDE:
        raise HTTPException(413)
    async with request.form(
        max_files=4, max_fields=_MOST_FIELDS, max_part_size=_LARGEST_FIELD
    ) as typed:
        values: dict[str, str] = {}
        files: dict[str, BinaryIO] = {}
        for name, value in typed.multi_items():
            if isinstance(value, str):
                values[name] = value.replace("\r\n", "\n")
            elif value.filename:
                files[name] = value.file
        page.form = Form(values, files, page.language.error)
        yield page


def unread(request: Request) -> Page:
    """Who asks; what was typed is not read."""
    house: House = request.app.state.house
    door = request.path_params.get("door", "")
    session = house.session(door, request.cookies.get(cookie_of(door), ""))
    if session is not None:
        request.app.state.idle_lock.attend(by_hand=LOOK not in request.headers)
        session = house.session(door, session.cookie)
    code = house.told().get("language") or preferred(request.headers.get("accept-language", ""))
    speaking = language(str(code))
    at = request.url.path.removeprefix(f"/{door}") if door else request.url.path
    return Page(request, house, speaking, session, at, Form(say=speaking.error))


def _answer(page: Page, shown: Screen) -> Response:
    from tracktwo.web.screens import lobby

    session = page.session
    if session is None or (page.house.is_locked and not shown.is_outside):
        return lobby.stand(page)
    try:
        if page.request.method != "POST":
            _fill(page, shown)
            return shown.get(page)
        if not hmac.compare_digest(page.form.text("csrf").encode(), session.csrf.encode()):
            path = page.with_left(page.at)  # from a page of another session
            return page.go(path, page.lost() if page.is_lost else "")
        return _do(page, shown)
    except TrackTwoError as error:
        return page.show("error.html", status=404, sentence=page.language.error(error))
    except Exception as error:  # its words may hold what is secret
        _log.error("a fault of the page: %s", type(error).__name__)
        if os.environ.get("TRACKTWO_DEBUG"):
            traceback.print_exc()
        again = page.with_left(page.at)
        return page.show("fault.html", status=500, kind=type(error).__name__, again=again)


def _fill(page: Page, shown: Screen) -> None:
    """Fill a form with what was left before somebody came in, or a draft."""
    left = page.house.left(page.request.query_params.get("left", ""))
    if left is not None and left.path == page.at:
        page.form = Form(left.values, say=page.language.error)
        page.form.blame("", page.gettext("This is what you typed. It was not done: send it again."))
    elif shown.draft:
        try:
            page.form = Form(page.draft(), say=page.language.error)
        except Malformed:
            page.drop_draft()
        if any(page.form.values.values()):
            page.remark = page.gettext("This is what you typed; it was not sent.")


def _do(page: Page, shown: Screen) -> Response:
    if shown.draft and page.form.text("keep"):
        page.keep_draft()
        return Response(status_code=204)
    try:
        done = None if shown.post is None else shown.post(page)
    except TrackTwoError as error:
        page.form.blame("", error)
        done = None
    if done is None:
        again = shown.get(page)
        again.status_code = 422
        return again
    if shown.draft and done.status_code == 303:  # else it asks something first
        page.drop_draft()
    return done
