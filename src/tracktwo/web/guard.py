"""Who may speak to the page at all: a browser on this machine, for this very page.

Other sites, open in the same browser, can have it send requests here. So:

    Host       must be ours, letter by letter: a name that was pointed at 127.0.0.1 is not
    Origin     of whatever changes something, must be ours; another port here is another origin
    Sec-Fetch  says of everything else which page wants it: none but ours, but for the first door
    framing, embedding, opening beside, sniffing, caching: forbidden by headers on every answer

The referrer policy is same-origin, not no-referrer: under the latter browsers tell no Origin.
Whose session it is, page.py asks.
"""

from __future__ import annotations

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

LIMIT = 1 << 31
"""Bytes of a request: a backup can be large. What is not a file is bounded where it is read."""

_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self'",
    "img-src": "'self'",
    "connect-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}
_HEADERS = {
    "Content-Security-Policy": "; ".join(f"{what} {whom}" for what, whom in _POLICY.items()),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), clipboard-read=()",
    "Cache-Control": "no-store",
}
_DOORS = ("/", "/open")  # what a person may come to from anywhere: there is nothing to see
_OWN = ("same-origin", "none")  # "none": typed, or opened by a program


class Guard:
    """Stands before the application. `host`: the address and port that are ours.

    Not by the name localhost: it is also [::1], where another may have the same port.
    """

    def __init__(self, app: ASGIApp, host: str) -> None:
        self._app, self._host = app, host

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """See ASGI."""
        if scope["type"] != "http":
            return

        async def guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in _HEADERS.items():
                    headers.setdefault(name, value)
            await send(message)

        refusal = self._refusal(scope["method"], scope["path"], Headers(scope=scope))
        app = self._app if refusal is None else PlainTextResponse(refusal, 403)
        await app(scope, receive, guarded)

    def _refusal(self, method: str, path: str, headers: Headers) -> str | None:
        if headers.getlist("host") != [self._host]:
            return "This page has another address."
        site = headers.get("sec-fetch-site")
        if method == "POST":
            is_here = headers.get("origin") == f"http://{self._host}"
            is_ours = is_here and site in (None, "same-origin")
            length = headers.get("content-length", "")
            if not is_ours:
                return "Another page asked for this. Nothing was done."
            if not (length.isdigit() and int(length) <= LIMIT):
                return "This is too much."
            return None
        if method not in ("GET", "HEAD"):
            return "Nothing here is asked so."
        if site is not None and site not in _OWN and path not in _DOORS:
            return "Another page asked for this. Nothing was shown."
        return None
