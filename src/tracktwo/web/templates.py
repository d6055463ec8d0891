"""From a template and values to HTML, in the language of a page. Everything is escaped."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from tracktwo.web.language import LANGUAGES, language

if TYPE_CHECKING:
    from tracktwo.web.page import Page

_FOLDER = Path(__file__).parent / "templates"


@cache
def _environment(code: str) -> Environment:
    made = Environment(
        loader=FileSystemLoader(_FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        extensions=["jinja2.ext.i18n"],
    )
    speaking = language(code)
    made.install_gettext_callables(speaking.gettext, speaking.ngettext, newstyle=True)  # type: ignore[attr-defined]
    made.globals["languages"] = LANGUAGES
    return made


def render(page: Page, template: str, **values: object) -> str:
    """The template, filled. It knows the page as `page`, and its form as `form`."""
    environment = _environment(page.language.code)
    return environment.get_template(template).render(page=page, form=page.form, **values)
