"""What was filled in, and what is wrong with it."""

from __future__ import annotations

from io import BytesIO

import pytest

from tracktwo.errors import BadInput
from tracktwo.web import forms
from tracktwo.web.forms import Form


def test_a_value_is_as_typed_and_a_line_without_blanks_at_its_ends() -> None:
    form = Form({"name": " a  b ", "empty": ""})
    assert form.text("name") == " a  b "
    assert form.line("name") == "a  b"
    assert form.text("empty", "default") == ""
    assert form.text("missing", "default") == "default"


def test_what_is_secret_is_neither_kept_nor_shown_again() -> None:
    typed = dict.fromkeys(("csrf", "passphrase", "new", "again"), "secret")
    assert Form({**typed, "text": "word"}).shown() == {"text": "word"}
    assert "word" not in repr(Form({"text": "word"}))


def test_a_file_is_read_each_time_from_its_beginning() -> None:
    form = Form(files={"file": BytesIO(b"content")})
    assert (form.data("file"), form.data("file"), form.data("other")) == (b"content",) * 2 + (b"",)


def test_a_file_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forms, "_LARGEST_FILE", 7)
    assert Form(files={"file": BytesIO(b"1234567")}).data("file") == b"1234567"
    with pytest.raises(BadInput, match="too large"):
        Form(files={"file": BytesIO(b"12345678")}).data("file")


def test_an_error_becomes_its_fields_fault_and_the_first_one_stays() -> None:
    form = Form(say=lambda error: f"said: {error.args[0]}")
    with form.about("relay"):
        raise BadInput("first")
    with form.about("relay"):
        raise BadInput("second")
    form.blame("name", "third")
    assert form.faults == {"relay": "said: first", "name": "third"}


def test_a_fault_of_the_program_is_nobodys_fault() -> None:
    form = Form()
    with pytest.raises(ZeroDivisionError), form.about("relay"):
        raise ZeroDivisionError
    assert form.faults == {}
