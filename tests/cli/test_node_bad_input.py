"""Whatever is wrong with a node's command: what, where, what to do; a line, and exit code 2."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from commands import EXAMPLES
from nodes import Person, channel_of, finished, person

AGENDA, UPPER = (EXAMPLES / "two-villages" / f"{name}.toml" for name in ("agenda", "upper"))
NEW = ("channel", "new", "x", "--pseudonym", "Heron")
ASK = ("probe", "ask", "talks", AGENDA, UPPER, "--with", "Otter")
JOIN = ("--name", "x", "--pseudonym", "Heron")
DARK = "a\x1b[2Jb"

BAD: dict[str, tuple[tuple[str | Path, ...], str]] = {
    "a node where one is": (("init", "--memory", "8"), "There is a node here already."),
    "too little memory": (("init", "--memory", "1"), "8<=x<=4096"),
    "no name": (("channel", "new", "", *NEW[3:]), "one line of up to 64 characters"),
    "a long name": (("channel", "new", "x" * 65, *NEW[3:]), "one line of up to 64 characters"),
    "a name that moves the cursor": (("channel", "new", DARK, *NEW[3:]), "one line of up to 64"),
    "a name in use": (("channel", "new", "talks", *NEW[3:]), "There is a channel 'talks' already"),
    "no pseudonym": ((*NEW, "--pseudonym", ""), "A pseudonym is one line"),
    "a dark pseudonym": ((*NEW, "--pseudonym", DARK), "A pseudonym is one line"),
    "a dark side": ((*NEW, "--side", DARK), "A side's name is one line"),
    "a long side": ((*NEW, "--side", "x" * 65), "A side's name is one line"),
    "a delegate of nobody": ((*NEW, "--role", "delegate"), "Name it: --side."),
    "a role that is none": ((*NEW, "--role", "spy"), "'spy' is not one of"),
    "a relay that is none": ((*NEW, "--relay", "nonsense"), "This is no address of a relay."),
    "a relay by ftp": ((*NEW, "--relay", "ftp://a"), "This is no address of a relay."),
    "a relay nowhere": ((*NEW, "--relay", "http://"), "This is no address of a relay."),
    "a relay at no port": ((*NEW, "--relay", "http://a:99999"), "This is no address of a relay."),
    "a broken relay": ((*NEW, "--relay", "http://["), "This is no address of a relay."),
    "a long relay": ((*NEW, "--relay", "http://" + 300 * "a"), "This is no address of a relay."),
    "a rule that is none": ((*NEW, "--rule", "none"), "'none' is not one of"),
    "a dark title": ((*NEW, "--title", DARK), "The charter's title cannot be that."),
    "an endless goal": ((*NEW, "--goal", "x" * 2001), "The charter's goal cannot be that."),
    "days below one": ((*NEW, "--delete-after", "0"), "--delete-after"),
    "too many days": (
        (*NEW, "--delete-after", "99999"),
        "after how many days each word is deleted",
    ),
    "no languages": ((*NEW, "--languages", ""), "The charter's languages cannot be that."),
    "fewer than no probes": ((*NEW, "--probes=-1"), "The charter's probes cannot be that."),
    "a breadth of words": ((*NEW, "--breadth", "wide"), "'wide' is no breadth."),
    "no charter": ((*NEW, "--charter", "none.toml"), "none.toml: It cannot be read"),
    "a folder for a charter": ((*NEW, "--charter", "folder"), "folder: It cannot be read"),
    "bytes for a charter": ((*NEW, "--charter", "bytes"), "bytes: This is no TOML"),
    "words for a charter": ((*NEW, "--charter", "words"), "words: This is no TOML"),
    "an unknown term": ((*NEW, "--charter", "unknown.toml"), "A charter has no 'budget'. It has:"),
    "a term of another kind": ((*NEW, "--charter", "kind.toml"), "charter's probes cannot be that"),
    "terms that do not fit": ((*NEW, "--charter", "days.toml"), "Days are said only where"),
    "no title": ((*NEW, "--charter", "empty.toml"), "empty.toml: The charter has no title."),
    "an unknown channel": (("read", "nowhere"), "There is no channel 'nowhere'. There are: talks."),
    "a channel that is no text": (("read", "\udcff"), "There is no channel"),
    "a charter of nothing": (("channel", "charter", "nowhere"), "There is no channel 'nowhere'."),
    "an unknown member": (
        ("channel", "remove", "talks", "Owl"),
        "There is no member called 'Owl'.",
    ),
    "a note on nobody": (("channel", "members", "talks", "--note", "Owl", "x"), "no member called"),
    "half a note": (("channel", "members", "talks", "--note", "Otter"), "requires 2 arguments"),
    "to verify oneself": (
        ("channel", "verify", "talks", "Convener", "--number", "1"),
        "Only another member",
    ),
    "an empty number": (
        ("channel", "verify", "talks", "Otter", "--number", ""),
        "There are 0 figures here, and the number has 60.",
    ),
    "a dark side invited": (("channel", "invite", "talks", "--side", DARK), "A side's name is one"),
    "no room for an invitation": (
        ("channel", "invite", "talks", "--side", "S", "--file", "none/x"),
        "none/x",
    ),
    "a code that is none": (("channel", "join", "hello", *JOIN), "no file of that name"),
    "a code of other words": (("channel", "join", "41377-a-b", *JOIN), "'a' is no word of a code"),
    "a code and no relay": (
        ("channel", "join", "41377-harbor-violin", *JOIN),
        "Give it: --relay.",
    ),
    "a code and a broken relay": (
        ("channel", "join", "41377-abandon-ability", *JOIN, "--relay", "x"),
        "This is no address of a relay.",
    ),
    "a folder for an invitation": (("channel", "join", "folder", *JOIN), "folder: It cannot be"),
    "another file for an invitation": (("channel", "join", "words", *JOIN), "no invitation"),
    "a cut invitation": (("channel", "join", "cut", *JOIN), "cut: This is no invitation."),
    "nothing to say": (("say", "talks", " "), "There is nothing to say."),
    "what is no text": (("say", "talks", "\udcff"), "no text in UTF-8"),
    "a sync of nothing": (("sync", "nowhere"), "There is no channel 'nowhere'."),
    "a status of nothing": (("status", "nowhere"), "There is no channel 'nowhere'."),
    "to leave nothing": (("channel", "leave", "nowhere"), "There is no channel 'nowhere'."),
    "to burn nothing": (("channel", "burn", "nowhere", "--yes"), "There is no channel 'nowhere'."),
    "to burn with nobody there": (("channel", "burn", "talks"), "If you mean it, say --yes."),
    "an export to nowhere": (("export", "talks", "none/x"), "It cannot be written"),
    "an export over a file": (("export", "talks", "words"), "There is a file of that name"),
    "a backup to nowhere": (("backup", "none/x"), "It cannot be written"),
    "to restore over a node": (("restore", "words"), "There is a node here already."),
    "a courier to nobody": (("courier", "out", "talks", "x", "--for", "Owl"), "no member called"),
    "a courier to all": (("courier", "out", "talks", "x"), "For whom? Name the member: --for."),
    "a courier with nothing": (("courier", "in", "talks", "none"), "It cannot be read"),
    "a courier with words": (("courier", "in", "talks", "words"), "This is no courier's file."),
    "no question": ((*ASK, "--ask", ""), "There is no question"),
    "another question": ((*ASK, "--ask", "price"), "There is no question 'price'"),
    "a probe with nobody": ((*ASK, "--with", "Owl", "--ask", "exists"), "no member called 'Owl'"),
    "a probe of no agenda": (
        ("probe", "ask", "talks", "none", UPPER, "--with", "Otter", "--ask", "exists"),
        "There is no such file.",
    ),
    "a breadth of a probe": ((*ASK, "--ask", "exists", "--breadth", "wide"), "is no breadth"),
    "to accept nothing": (("probe", "accept", "talks", UPPER), "There is no such probe."),
    "to decline nothing": (("probe", "decline", "talks"), "There is no such probe. Open now: none"),
    "to go on with nothing": (("probe", "go", "talks", "--probe", "0000"), "no such probe"),
}


@pytest.fixture(scope="module")
def convener(tmp_path_factory: pytest.TempPathFactory) -> Person:
    """Of a channel by courier, with odd files beside the home."""
    folder = tmp_path_factory.mktemp("bad")
    members = channel_of("", folder)
    (folder / "folder").mkdir()
    (folder / "bytes").write_bytes(bytes(range(256)))
    (folder / "cut").write_bytes(b"tracktwo invitation 1\nAAAA")
    for name, text in {
        "words": "not what it should be",
        "empty.toml": "",
        "unknown.toml": 'title = "x"\nbudget = 3',
        "kind.toml": 'title = "x"\nprobes = "three"',
        "days.toml": 'title = "x"\ndays = 3',
    }.items():
        (folder / name).write_text(text, encoding="utf-8")
    return members[0]


@pytest.mark.parametrize("case", BAD)
def test_bad_input_to_a_node_is_exit_code_2_and_a_sentence(convener: Person, case: str) -> None:
    arguments, said = BAD[case]
    before = sorted(path.name for path in convener.home.rglob("*"))
    errors = convener.refused(*arguments)
    assert said in errors
    assert errors.startswith("tracktwo: ")
    assert errors.count("\n") == 1
    assert all(sign.isprintable() for sign in errors.rstrip("\n"))
    assert sorted(path.name for path in convener.home.rglob("*")) == before


def test_what_is_typed_in_is_text_whatever_the_locale(tmp_path: Path) -> None:
    heron = person("Heron", tmp_path)
    heron.does(*NEW[:2], "talks", *NEW[3:])
    heron.more = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    heron.does("say", "talks", "-", stdin="Überall — 水")
    (line,) = heron.json("read", "talks")
    assert line["text"] == "Überall — 水"


def test_what_is_too_long_or_no_text_is_not_said(convener: Person) -> None:
    for text, said in ((80_000 * "é", "too long to be said at once"), ("", "nothing to say")):
        assert said in convener.refused("say", "talks", "-", stdin=text)
    with (convener.home.parent / "bytes").open("rb") as file:
        binary = convener.start("say", "talks", "-", stdin=file)
    code, out, errors = finished(binary)
    assert (code, out) == (2, "")
    assert "no text in UTF-8" in errors
    assert convener.json("read", "talks", "--all")[-1]["kind"] != "talk"
    convener.does("say", "talks", "-", stdin=75_000 * "é")


def test_without_a_node_every_command_says_how_to_make_one(tmp_path: Path) -> None:
    nobody = Person("Nobody", tmp_path / "none")
    for command in (("read", "talks"), ("sync",), ("channel", "list"), ("backup", "x")):
        said = nobody.refused(*command)
        assert "There is no node here. Make it first: tracktwo init." in said
        assert str(nobody.home) in said
    assert not nobody.home.exists()
    (tmp_path / "file").write_text("x", encoding="utf-8")
    blocked = Person("Blocked", tmp_path / "file")
    assert "This is no folder." in blocked.refused("init", "--memory", "8")


@pytest.mark.skipif(os.name == "nt", reason="Windows keeps permissions otherwise")
def test_a_home_is_for_its_owner_alone(tmp_path: Path) -> None:
    heron = Person("Heron", tmp_path / "Heron")
    heron.does("init", "--memory", "8")
    heron.does(*NEW)
    for path in [heron.home, *heron.home.rglob("*")]:
        assert path.stat().st_mode & 0o077 == 0, path
