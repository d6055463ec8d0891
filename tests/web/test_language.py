"""In which language the page speaks, and how it writes figures, dates and errors."""

from __future__ import annotations

import re
import socket
import time
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from tracktwo.channel import backup
from tracktwo.channel.charter import Charter
from tracktwo.channel.post import Post
from tracktwo.channel.store import Store
from tracktwo.deal.formats import load_agenda
from tracktwo.errors import BadInput, TrackTwoError
from tracktwo.probe.folder import Folder
from tracktwo.said import counted, said
from tracktwo.vault import Vault
from tracktwo.web.language import LANGUAGES, catalogue_of, language, preferred


def nobody_listens(_: Path) -> object:
    with socket.create_server(("127.0.0.1", 0)) as closed:
        address = f"http://127.0.0.1:{closed.getsockname()[1]}"
    return Post().make_mailbox(address, bytes(32), bytes(32))


def a_vault_that_is_none(folder: Path) -> object:
    (folder / "vault").write_bytes(b"This is no vault. " * 100)
    return Vault(folder / "vault")


def a_vault_in_use(folder: Path) -> object:
    return Vault(folder / "vault"), Vault(folder / "vault")


def a_folder_in_a_files_place(folder: Path) -> object:
    (folder / "tracktwo-folder").mkdir()
    return Folder(folder, "0" * 16)


def a_store_with_another_key(folder: Path) -> object:
    Store(folder / "channel.db", bytes(32)).close()
    return Store(folder / "channel.db", b"k" * 32)


FAILING: dict[str, Callable[[Path], object]] = {
    "nobody listens": nobody_listens,
    "a vault that is none": a_vault_that_is_none,
    "a vault in use": a_vault_in_use,
    "a folder in a file's place": a_folder_in_a_files_place,
    "another key": a_store_with_another_key,
    "a vault's folder": Vault,
    "a store's folder": lambda folder: Store(folder, bytes(32)),
    "no backup": lambda folder: backup.restore(folder / "node", folder / "none", "a passphrase"),
    "no days": lambda _: Charter(title="-", retention="delete"),
    **{
        text: lambda folder, text=text: load_agenda(text.encode(), "agenda.toml")
        for text in ("title = [", "title", 'title = "\\q"', "a = {b = 1", "[a", "= 1", "a = 'b")
    },
    **{
        text: lambda folder, text=text: load_agenda(text.encode(), "agenda.xml")
        for text in ("<a><b></a>", "<a", "none", "<a/><b/>", "<a>&b;</a>", "<a>" * 99)
    },
}


@pytest.mark.parametrize(
    ("accepted", "code"),
    [
        ("uk-UA,uk;q=0.9,en;q=0.8", "uk"),
        ("fr-FR, ar;q=0.5", "ar"),
        ("in", "id"),
        ("RU", "ru"),
        ("fr", "en"),
        ("", "en"),
        (";;,,q=;-", "en"),
    ],
)
def test_the_first_language_of_the_browser_that_there_is_is_spoken(
    accepted: str, code: str
) -> None:
    assert preferred(accepted) == code


def test_a_language_there_is_not_is_english() -> None:
    assert language("tlh").code == "en"
    assert language("../en").gettext("Talk") == "Talk"


def test_arabic_alone_runs_from_right_to_left() -> None:
    directions = {code: language(code).direction for code in LANGUAGES}
    assert directions == dict.fromkeys(LANGUAGES, "ltr") | {"ar": "rtl"}


def test_figures_are_written_as_the_language_writes_them_and_none_is_lost() -> None:
    assert language("en").number(1234567) == "1,234,567"
    assert language("id").number(1234567) == "1.234.567"
    assert language("ru").number(Decimal("0.5")) == "0,5"
    assert language("en").number(10**60 + 1).replace(",", "") == f"1{'0' * 59}1"


@pytest.mark.parametrize("code", [code for code in LANGUAGES if code != "en"])
@pytest.mark.parametrize("count", [0, 1, 2, 3, 5, 11, 21, 100])
def test_what_is_counted_has_its_form_for_every_number(code: str, count: int) -> None:
    tongue = language(code)
    one, many = "%(n)s unread", "%(n)s unread"
    told = tongue.ngettext(one, many, count)
    with catalogue_of(code).open("rb") as file:
        message = read_po(file, locale=code).get(one)
    assert message is not None
    assert told in message.string
    assert told != one


def test_no_page_says_later_than_now() -> None:
    tongue = language("en")
    now = int(time.time())
    assert tongue.ago(None) == "never"
    assert tongue.ago(now + 500) == "just now"
    assert tongue.ago(now - 7200) == "2 hours ago"


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_an_error_says_what_where_and_what_to_do_but_nothing_for_terminals(code: str) -> None:
    tongue = language(code)
    what = "This is not the passphrase."
    told = tongue.error(BadInput(what, where="/home", advice="Make it first: tracktwo init."))
    assert told == f"/home: {tongue.gettext(what)}"
    assert "\u202e" not in tongue.error(BadInput(said("{who} is removed.", who="a\u202eb")))


def test_a_name_from_left_to_right_disturbs_no_arabic_sentence_and_no_error() -> None:
    sentence = said("{who} is removed.", who="Heron")
    assert "\u2068Heron\u2069" in language("ar").said(sentence)
    assert language("id").said(sentence).isprintable()
    assert language("ar").error(BadInput(sentence)).isprintable()


def test_a_sentence_from_below_is_said_in_the_language_its_parts_too() -> None:
    inner = said("delegate")
    sentence = said("{who} comes in: {role}.", who="Heron", role=inner)
    for code in LANGUAGES:
        tongue = language(code)
        assert "Heron" in tongue.said(sentence)
        assert tongue.gettext("delegate") in tongue.said(sentence)
    assert language("id").said(sentence) != sentence
    assert language("en").said(counted("{count} hour", "{count} hours", 1500)) == "1,500 hours"


def test_a_place_and_an_hour_have_the_comma_of_the_language() -> None:
    error = BadInput(said("This is not UTF-8 text."), where="position.toml", line=3)
    assert language("ar").error(error).startswith("position.toml، 3: ")
    assert language("ru").error(error).startswith("position.toml, 3: ")
    assert ", " not in language("ar").hour(480_000)
    assert "، " in language("ar").hour(480_000)


@pytest.mark.parametrize("code", ["ru", "uk", "ar"])
@pytest.mark.parametrize("what", FAILING)
def test_no_english_is_left_of_why_something_is_refused(
    code: str, what: str, tmp_path: Path
) -> None:
    with pytest.raises(TrackTwoError) as caught:
        FAILING[what](tmp_path)
    if isinstance(caught.value, BadInput):
        caught.value.where, caught.value.line = "", None
    told = language(code).error(caught.value)
    assert re.findall("[A-Za-z]{2,}", re.sub("TOML|XML|key = value", "", told)) == [], told


@pytest.mark.parametrize("code", list(LANGUAGES))
def test_an_hour_that_no_calendar_has_is_said_as_the_last_there_can_be(code: str) -> None:
    last = language(code).hour((1 << 62) - 1)
    assert last == language(code).hour(10**11)
    assert "2999" in last or "٢٩٩٩" in last
    assert language(code).hour(500_000) != last
