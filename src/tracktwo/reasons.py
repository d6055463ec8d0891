"""Why the system, a file or the line refused something: in our words where we have some.

The only place where an errno, or what a library calls its error, becomes words for a person: a part
of a sentence, to stand in brackets. What is rare is left as the system says it.
"""

from __future__ import annotations

import errno
from collections.abc import Iterator

from tracktwo.said import Said, said

_TOO_LONG = said("it took too long")
_FULL = said("no space is left on the disk")
_NOT_ALLOWED = said("it is not permitted")
_READ_ONLY = said("it can only be read")
_CUT_OFF = said("the connection was cut off")
_NO_WAY = said("there is no way to it from here")
_IN_USE = said("another program is using it")
_DISK = said("the disk failed")
_DAMAGED = said("it is damaged")

_BY_NUMBER = {
    errno.ENOSPC: _FULL,
    errno.EDQUOT: _FULL,
    errno.EACCES: _NOT_ALLOWED,
    errno.EPERM: _NOT_ALLOWED,
    errno.EROFS: _READ_ONLY,
    errno.EIO: _DISK,
    errno.ENOENT: said("there is no such file or folder"),
    errno.EEXIST: said("there is a file of that name"),
    errno.EISDIR: said("it is a folder"),
    errno.ENOTDIR: said("it is in no folder"),
    errno.ENAMETOOLONG: said("its name is too long"),
    errno.EFBIG: said("it is too large for this disk"),
    errno.EMFILE: said("too many files are open"),
    errno.ENFILE: said("too many files are open"),
    errno.EBUSY: _IN_USE,
    errno.EADDRINUSE: _IN_USE,
    errno.ECONNREFUSED: said("the connection was refused"),
    errno.ECONNRESET: _CUT_OFF,
    errno.ECONNABORTED: _CUT_OFF,
    errno.EPIPE: _CUT_OFF,
    errno.ETIMEDOUT: _TOO_LONG,
    errno.ENETUNREACH: _NO_WAY,
    errno.ENETDOWN: _NO_WAY,
    errno.EHOSTUNREACH: _NO_WAY,
}

_BY_KIND = {
    "gaierror": said("no machine of this name is known"),
    "SSLCertVerificationError": said("its certificate cannot be trusted"),
    "SSLError": said("no encrypted connection came about"),
    "TimeoutError": _TOO_LONG,
    "TimeoutException": _TOO_LONG,
    "ProxyError": said("the proxy refused it"),
    "RemoteProtocolError": _CUT_OFF,
    "TarError": _DAMAGED,
}
"""By names, as what raises some of these takes long to load. They come before numbers, as a
`gaierror` has numbers of its own."""

_BY_CODE = {
    "SQLITE_FULL": _FULL,
    "SQLITE_READONLY": _READ_ONLY,
    "SQLITE_IOERR": _DISK,
    "SQLITE_CORRUPT": _DAMAGED,
    "SQLITE_NOTADB": said("it is damaged, or locked with another key"),
    "SQLITE_CANTOPEN": said("it is not there, or it is not permitted"),
    "SQLITE_BUSY": _IN_USE,
    "SQLITE_LOCKED": _IN_USE,
}
"""By the first two words of what SQLite calls its errors."""


def another_version(version: int, known: int) -> Said:
    """Why a file of another version of this program is not read."""
    return said("version {version}, this program reads {known}", version=version, known=known)


def reason(error: BaseException) -> str:
    """Why it came to this error: by itself or what caused it; else in the system's own words."""
    for one in _causes(error):
        if told := _known(one):
            return told
    if hasattr(error, "sqlite_errorname"):
        return str(error)
    words = [getattr(one, "strerror", "") or "" for one in _causes(error)]
    return next(filter(None, words), type(error).__name__)


def _causes(error: BaseException) -> Iterator[BaseException]:
    at: BaseException | None = error
    while at is not None:
        yield at
        at = at.__cause__ or at.__context__  # httpcore says "from None" of what caused it


def _known(error: BaseException) -> Said | None:
    if error.args and isinstance(error.args[0], Said):
        return error.args[0]  # our own, raised as one of a library's
    for kind in type(error).__mro__:
        if kind.__name__ in _BY_KIND:
            return _BY_KIND[kind.__name__]
    code = "_".join((getattr(error, "sqlite_errorname", "") or "").split("_")[:2])
    return _BY_CODE.get(code) or _BY_NUMBER.get(getattr(error, "errno", None) or 0)
