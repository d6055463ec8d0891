"""In which language the page speaks: catalogues, dates, numbers, which way a text runs.

English is in the source. The other languages are gettext catalogues, `locale/CODE/messages.po`,
read when first used; tools/catalogues.py reads out of the source what must be in them. A sentence
from below, such as an error, is English when it gets here, and remembers its template (said.py).
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from decimal import Decimal, localcontext
from functools import cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path

from babel import Locale, dates, numbers
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

from tracktwo.errors import BadInput, TrackTwoError
from tracktwo.legible import legible, moment
from tracktwo.said import Said, in_tongue, series

LANGUAGES = {
    "en": "English",
    "id": "Bahasa Indonesia",
    "ru": "Русский",
    "uk": "Українська",
    "ar": "العربية",
}
"""Every language there is, by its own name. The only list of them."""

_APART, _AGAIN = "\u2068", "\u2069"
_LOCALES = Path(__file__).parent / "locale"


def catalogue_of(code: str) -> Path:
    """Where a language's catalogue is."""
    return _LOCALES / code / "messages.po"


def is_for_terminal(advice: str) -> bool:
    """Whether advice names commands or options, which a page has not."""
    return "--" in advice or "tracktwo " in advice or "TRACKTWO_HOME" in advice


class Language:
    """One of LANGUAGES."""

    def __init__(self, code: str) -> None:
        self.code, self.name, self._locale = code, LANGUAGES[code], Locale.parse(code)
        self._translations = NullTranslations()
        if code != "en":
            with catalogue_of(code).open("rb") as file:
                catalogue = read_po(file, locale=code)
            compiled = BytesIO()
            write_mo(compiled, catalogue)
            compiled.seek(0)
            self._translations = GNUTranslations(compiled)

    @property
    def direction(self) -> str:
        """ "ltr" or "rtl"."""
        return str(self._locale.text_direction)

    def gettext(self, message: str) -> str:
        """A text of the page."""
        return self._translations.gettext(message) if message else ""

    def ngettext(self, msgid1: str, msgid2: str, n: int) -> str:
        """A text of the page that counts."""
        return self._translations.ngettext(msgid1, msgid2, n)

    def said(self, sentence: str) -> str:
        """A sentence from below."""
        return sentence.under(self) if isinstance(sentence, Said) else self.gettext(sentence)

    def error(self, error: TrackTwoError) -> str:
        """What went wrong, where, what to do."""
        if not isinstance(error, BadInput):
            return self.said(error.args[0]) if error.args else ""
        advice = "" if is_for_terminal(error.advice) else error.advice
        told = " ".join(self.said(part) for part in (error.what, advice) if part)
        place = error.where if error.line is None else self.series([error.where, str(error.line)])
        told = f"{place}: {told}" if place else told
        return legible(told.replace(_APART, "").replace(_AGAIN, ""))  # else these are shown

    def named(self, value: str) -> str:
        """A name in a sentence. Where that runs from right to left, a name that does not is set
        apart, so that what stands beside it stays in its place."""
        return f"{_APART}{value}{_AGAIN}" if self.direction == "rtl" else value

    def series(self, parts: Sequence[str]) -> str:
        """Names or figures one after the other, with the comma of the language between."""
        return in_tongue(series(parts), self)

    @property
    def comma(self) -> str:
        """What stands in `series` between two, for templates."""
        return self.gettext("{first}, {rest}").format(first="", rest="")

    # Dates and numbers

    def number(self, value: int | Decimal) -> str:
        """A number in figures."""
        with localcontext(prec=400):  # there may be more packages than 28 figures can tell
            return str(
                numbers.format_decimal(value, locale=self._locale, decimal_quantization=False)
            )

    def hour(self, hour: int) -> str:
        """An hour since 1970, on this machine's clock: no finer, as nothing finer is kept."""
        at = moment(hour)
        day = dates.format_date(at, "long", locale=self._locale)
        return self.series([day, dates.format_time(at, "short", locale=self._locale)])

    def ago(self, second: int | None) -> str:
        """How long ago a second since 1970 was."""
        if second is None:
            return self.gettext("never")
        passed = max(0, int(time.time()) - second)
        if passed < 60:
            return self.gettext("just now")
        return dates.format_timedelta(-passed, add_direction=True, locale=self._locale)


@cache
def language(code: str) -> Language:
    """The language of this code; English if there is none."""
    return Language(code if code in LANGUAGES else "en")


def preferred(accepted: str) -> str:
    """The code of the language a browser would rather have, from its Accept-Language."""
    for wish in accepted.split(","):
        code = wish.partition(";")[0].partition("-")[0].strip().lower()
        code = {"in": "id"}.get(code, code)  # as some old systems call Indonesian
        if code in LANGUAGES:
            return code
    return "en"
