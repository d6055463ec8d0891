"""Before the page: coming in, unlocking, making a node, choosing a language."""

from __future__ import annotations

from starlette.concurrency import run_in_threadpool
from starlette.datastructures import State
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from tracktwo.channel.backup import restore
from tracktwo.channel.node import Node
from tracktwo.errors import TrackTwoError, WrongPassphrase
from tracktwo.web.house import Session
from tracktwo.web.language import LANGUAGES
from tracktwo.web.page import Page, cookie_of, page_of, screen


def stand(page: Page, left: str | None = None) -> Response:
    """Before the door: unlock, or make a node, or take the link. What was typed is not lost.

    `left`: what was typed before; if None it is what came now.
    """
    if left is None:
        is_typed = page.request.method == "POST" and page.session is None
        left = page.leave() if is_typed else page.request.query_params.get("left", "")
    if page.house.is_made:
        return page.show("unlock.html", status=403, left=left)
    if page.session is None:
        return page.show("by_link.html", status=403)
    return page.show("begin.html")


async def at_the_door(request: Request) -> Response:
    """GET /: nobody is in yet."""
    async with page_of(request) as page:
        return stand(page)


async def by_link(request: Request) -> Response:
    """GET /open: with the token, in."""
    async with page_of(request) as page:
        session = page.house.by_token(request.query_params.get("token", ""))
        if session is not None:
            return _in(session, "/")
        if page.house.is_made:
            return RedirectResponse("/", 303)
        return page.show("by_link.html", status=403)


async def unlock(request: Request) -> Response:
    """POST /unlock: with the passphrase, in, and back to what was typed."""
    # one at a time: whoever tries many passphrases at once must not hold every thread of the page
    async with page_of(request) as page, request.app.state.unlocking:
        return await run_in_threadpool(_unlock, page)


def _unlock(page: Page) -> Response:
    name = page.form.text("left")
    try:
        page.house.unlock(page.form.text("passphrase"))
    except TrackTwoError as error:
        page.form.blame("passphrase", error)
        return stand(page, name)
    left = page.house.left(name)
    try:
        begin(page.request.app.state)
    except TrackTwoError as error:  # the passphrase is right, and what it opens is damaged
        page.idle_lock.lock()
        page.form.blame("", error)
        return stand(page, "" if left is None else page.house.leave(left.path, left.values))
    return _in(page.house.come_in(), "/" if left is None else f"{left.path}?left={name}")


def begin(state: State) -> None:
    """What goes on in the background from when the node is unlocked."""
    state.idle_lock.begin()
    state.errands.begin()


def _in(session: Session, path: str) -> Response:
    answer = RedirectResponse(f"/{session.door}{path}", 303)
    door = f"/{session.door}"
    name = cookie_of(session.door)
    answer.set_cookie(name, session.cookie, path=door, httponly=True, samesite="strict")
    return answer


async def choose_language(request: Request) -> Response:
    """POST /language, from the foot of every page."""
    async with page_of(request) as page:
        if (code := page.form.text("language")) in LANGUAGES:
            page.house.tell(language=code)
        back, left = page.form.text("back"), page.form.text("left")
    if not back.startswith("/") or back.startswith(("//", "/\\")):
        back = "/"
    return RedirectResponse(f"{back}?left={left}" if left else back, 303)


def _make(page: Page) -> Response | None:
    form = page.form
    if form.text("new") != form.text("again"):
        form.blame("again", page.gettext("The two are not the same."))
        return None
    with form.about("new"):
        Node.make(page.house.home, form.text("new"))
        page.house.unlock(form.text("new"))
        begin(page.request.app.state)
        return _in(page.house.come_in(page.gettext("Your node is made.")), "/")
    return None


def _begin(page: Page) -> Response:
    return page.show("begin.html")


def _show_restore(page: Page) -> Response:
    return page.show("restore.html")


def _restore(page: Page) -> Response | None:
    form = page.form
    source = form.files.get("file")
    if source is None:
        form.blame("file", page.gettext("Choose the file of the backup."))
        return None
    if form.text("sure") != "yes":
        form.blame("sure", page.gettext("Say that you mean it."))
        return None
    with form.about("file"):
        try:
            missing = restore(page.house.home, source, form.text("passphrase")).missing
        except WrongPassphrase as error:
            form.blame("passphrase", error)
            return None
        page.house.unlock(form.text("passphrase"))
        begin(page.request.app.state)
        told = page.gettext("Your channels are back.")
        if missing:
            told += " " + page.gettext("Not in the backup: %(names)s.") % {
                "names": page.language.series(missing)
            }
        return _in(page.house.come_in(told), "/")
    return None


ROUTES = [
    Route("/", at_the_door),
    Route("/open", by_link),
    Route("/unlock", unlock, methods=["POST"]),
    Route("/language", choose_language, methods=["POST"]),
]
SCREENS = [
    screen("/node", _begin, _make, is_outside=True),
    screen("/restore", _show_restore, _restore, is_outside=True),
]
