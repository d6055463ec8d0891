"""The documents say what is so: their commands run, their names exist, their figures agree.

What a document shows in a block of `sh` is run in a place of its own; where the block names whose
terminal it is, as `sh Heron`, by people at machines of their own. A block of `text` is what those
commands printed, a block of `toml` is read or stands in an example, and a block of `json` is
what the probe says.
"""

from __future__ import annotations

import ast
import functools
import inspect
import json
import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import click
import pytest

import forking
from commands import Place, Run
from effort import some
from nodes import QUICK, Person, Relay, channel_of, finished, until
from tracktwo import errors
from tracktwo.attendance import REFUSED
from tracktwo.cli import commands
from tracktwo.deal.agenda import read_agenda
from tracktwo.deal.position import read_position

ROOT = Path(__file__).parents[1]
DESIGN = ROOT.parent / "shared" / "DESIGN.md"
README, TWIN = ROOT / "README.md", ROOT / "README.id.md"
CLI, ARCHITECTURE = ROOT / "docs" / "cli.md", ROOT / "docs" / "architecture.md"
PERFORMANCE, CIRCUIT = ROOT / "docs" / "performance.md", ROOT / "docs" / "spec" / "circuit.md"
THREATS = ROOT / "docs" / "threat-model.md"
PICTURE = ROOT / "docs" / "picture" / "spring-2022.svg"
SOURCE = ROOT / "src" / "tracktwo"

DOCUMENTS = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")])
# These fetch packages, which a test must not: that the program can be installed so is all we check.
INSTALLS = ["uv tool install .", "pipx install ."]


def leaves(group: click.Group, above: str = "") -> dict[str, click.Command]:
    """Every command that does something, by all its words."""
    found: dict[str, click.Command] = {}
    for word, command in group.commands.items():
        name = f"{above}{word}"
        is_group = isinstance(command, click.Group)
        found |= leaves(command, f"{name} ") if is_group else {name: command}
    return found


COMMANDS = leaves(commands)
TYPED = {"passphrase", "open"}
"""Commands no block can show: a person types, or it stays. tests/cli/test_node_passphrase.py and
tests/web run them."""
STARTED = sorted(COMMANDS.keys() - TYPED)


def named(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@functools.cache
def text_of(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.MULTILINE | re.DOTALL)


def shown(text: str) -> list[str]:
    """The commands of the blocks of `sh`, one a line, continued lines joined."""
    return joined("".join(blocks(text, "sh")))


def joined(block: str) -> list[str]:
    lines = block.replace("\\\n", " ").splitlines()
    return [" ".join(line.split()) for line in lines if line.strip()]


def typed(text: str) -> list[tuple[str, str]]:
    """Of the blocks of `sh` that name whose terminal it is: who, and what is typed there."""
    return [(who, line) for who, block in named_blocks(text, "sh") for line in joined(block)]


def named_blocks(text: str, language: str) -> list[tuple[str, str]]:
    pattern = rf"^```{language} (\w+)\n(.*?)^```$"
    return re.findall(pattern, text, re.MULTILINE | re.DOTALL)


def section(text: str, heading: str) -> str:
    """What stands under a heading, its own sub-headings included."""
    level = heading.partition(" ")[0]
    after = text.split(f"\n{heading}\n", 1)[1]
    return re.split(rf"^#{{1,{len(level)}}} ", after, maxsplit=1, flags=re.MULTILINE)[0]


def rows(text: str) -> list[list[str]]:
    """The cells of every row of every table."""
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]


def plain(text: str) -> str:
    return " ".join(text.replace("`", "").split())


# Running what is shown


def run_all(lines: Sequence[str], place: Place) -> list[Run]:
    """Run commands as a person with two terminals would: two probes in a row sit together."""
    shutil.copytree(ROOT / "examples", place.path / "examples", dirs_exist_ok=True)
    ended: list[Run] = []
    sitting: list[subprocess.Popen[str]] = []
    for line in lines:
        match shlex.split(line):
            case ["make", target]:
                assert target in make_targets()
            case ["mkdir", "-p", folder]:
                (place.path / folder).mkdir(parents=True, exist_ok=True)
            case ["tracktwo", "probe", *arguments]:
                sitting.append(place.start("probe", *arguments))
            case ["tracktwo", *arguments]:
                ended.append(place.run(*arguments))
            case _:
                assert line in INSTALLS
        if len(sitting) == 2:
            for process in sitting:
                out, err = process.communicate(timeout=120)
                ended.append(Run(process.args, process.returncode, out, err))
            sitting.clear()
    assert not sitting
    assert [(run.args, run.stderr) for run in ended if run.returncode] == []
    return ended


class Terminals:
    """People at machines of their own and a relay, doing what a document says each types.

    The address, code, number and name of a probe that a document shows stand for the real ones.
    """

    def __init__(self, relay: Relay, folder: Path, people: Sequence[Person] = ()) -> None:
        shutil.copytree(ROOT / "examples", folder / "examples", dirs_exist_ok=True)
        self.relay, self.folder = relay, folder
        self.people = {person.name: person for person in people}
        self.runs: list[tuple[str, Run]] = []
        self.waiting: dict[str, tuple[subprocess.Popen[str], Path]] = {}
        self.code = ""

    def play(self, lines: list[tuple[str, str]], *more: str) -> list[tuple[str, Run]]:
        """Run all; who typed, and how it ended. `more`: further words for each command."""
        with ExitStack() as closing:
            closing.callback(self.stop)
            self.play_all(lines, more)
        return self.runs

    def play_all(self, lines: list[tuple[str, str]], more: Sequence[str]) -> None:
        for who, line in lines:
            match shlex.split(line):
                case ["mkdir", "-p", folder]:
                    (self.folder / folder).mkdir(parents=True, exist_ok=True)
                case ["tracktwo", "relay", *words]:
                    fresh = ("--listen", "127.0.0.1:0", "--check")
                    self.end(who, self.at(who).tries("relay", *words, *fresh))
                case ["tracktwo", *words]:
                    self.run(who, [*words, *more])
                case _:
                    raise AssertionError(line)
        for who in list(self.waiting):
            self.leave(who)

    def stop(self) -> None:
        for process, _ in self.waiting.values():
            process.kill()
            process.communicate()

    def at(self, who: str) -> Person:
        home = self.folder / who
        return self.people.setdefault(who, Person(who, home))

    def run(self, who: str, words: list[str]) -> None:
        self.leave(who)
        person = self.at(who)
        if words[0] == "init":
            words = [*words, *QUICK]  # else every command of theirs takes a second to unlock
        for at, word in enumerate(words):
            if word.startswith("http://"):
                words[at] = self.relay.address
            elif re.fullmatch(r"\d{5}-\w+-\w+", word):
                words[at] = self.code
            elif word == "--number":
                words[at + 1] = person.json("channel", "verify", words[2])["number"]
            elif word == "--probe":
                words[at + 1] = person.json("probe", "status", words[2])[-1]["probe"]
        out = self.folder / f"{who}.out"
        if words[:2] == ["channel", "invite"]:
            self.stay(who, words, out)
            until(lambda: re.search(r"\d{5}-\w+-\w+", out.read_text("utf-8")), "a code")
            (self.code,) = re.findall(r"\d{5}-\w+-\w+", out.read_text("utf-8"))[:1]
        elif words[:2] == ["probe", "ask"] and "--wait" not in words:
            self.stay(who, words, out)
            until(lambda: self.was_asked(person, words[2]), "a probe that was asked")
        else:
            self.end(who, person.tries(*words))

    def was_asked(self, person: Person, channel: str) -> bool:
        # In this order: what is asked between the two looks is not posted yet.
        is_asked = bool(person.json("probe", "status", channel))
        return is_asked and not person.json("status", channel)[channel]["queued"]

    def stay(self, who: str, words: list[str], out: Path) -> None:
        """A command that waits for somebody else."""
        with out.open("w", encoding="utf-8") as file:
            self.waiting[who] = (self.at(who).start(*words, stdout=file), out)

    def leave(self, who: str) -> None:
        """What waited at this terminal ends first."""
        if who in self.waiting:
            process, out = self.waiting.pop(who)
            code, _, errors = finished(process)
            said = out.read_text("utf-8")
            self.end(who, subprocess.CompletedProcess(process.args, code, said, errors))

    def end(self, who: str, run: Run) -> None:
        fine = (0, 5) if "--wait 0" in " ".join(run.args) else (0,)
        assert run.returncode in fine, (run.args, run.stderr)
        self.runs.append((who, run))


def without_chance(text: str) -> str:
    """A text with the dates, codes and figures that differ each time taken out."""
    text = re.sub(r"\d+ \w{3} \d{4}, \d\d h", "DATE", text)
    text = re.sub(r"\d{5}-\w+-\w+", "CODE", text)
    return re.sub(r"http://[\w.:]+", "ADDRESS", re.sub(r"\b\d{5}\b", "00000", text))


@functools.cache
def make_targets() -> set[str]:
    return set(re.findall(r"^([a-z]+):", text_of(ROOT / "Makefile"), re.MULTILINE))


@pytest.fixture(scope="module")
def relay(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Relay]:
    with Relay(tmp_path_factory.mktemp("relay")) as running:
        yield running


@pytest.mark.parametrize(
    "path", [d for d in DOCUMENTS if blocks(text_of(d), "sh") and d != TWIN], ids=named
)
def test_what_a_document_shows_runs_and_prints_what_it_says(path: Path, tmp_path: Path) -> None:
    runs = run_all(shown(text_of(path)), Place(tmp_path))
    printed = "\n".join(run.stdout + run.stderr for run in runs)
    assert [block for block in blocks(text_of(path), "text") if block not in printed] == []


def test_two_laptops_get_from_nothing_to_a_first_message_by_the_readme(
    relay: Relay, tmp_path: Path
) -> None:
    text = text_of(README)
    runs = Terminals(relay, tmp_path).play(typed(text))
    told = named_blocks(text, "text")
    assert told
    for whose, block in told:
        printed = "\n".join(run.stdout for who, run in runs if who == whose)
        assert without_chance(block) in without_chance(printed)


def test_the_shape_of_the_answer_in_the_readme_is_what_the_probe_prints(tmp_path: Path) -> None:
    lines = [
        line
        for line in shown(text_of(README))
        if line.startswith(("mkdir", "tracktwo probe examples/two-villages"))
    ]
    first, second = run_all(
        [f"{line} --json" if "probe" in line else line for line in lines], Place(tmp_path)
    )
    (block,) = blocks(text_of(README), "json")
    told, real = json.loads(block), json.loads(first.stdout)
    assert json.loads(second.stdout)["answers"] == real["answers"]
    for varying in ("seconds", "peak_memory_bytes"):
        assert type(told["cost"].pop(varying)) is type(real["cost"].pop(varying))
    assert told == real


def test_every_make_target_a_document_names_is_there() -> None:
    meant = {
        target for path in DOCUMENTS for target in re.findall(r"`make ([a-z]+)`", text_of(path))
    }
    assert meant <= make_targets()


def test_the_files_shown_can_be_read() -> None:
    agenda, position = blocks(text_of(CLI), "toml")
    public = read_agenda(agenda.encode(), "agenda")
    assert read_position(position.encode(), "position", public).red_lines
    examples = [text_of(path) for path in ROOT.glob("examples/*/*.toml")]
    parts = blocks(text_of(README), "toml")
    assert parts
    assert [part for part in parts if not any(part in text for text in examples)] == []


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_no_document_has_a_gap_left_to_fill(path: Path) -> None:
    assert re.findall(r"\b(?:TODO|TBD|FIXME|XXX)\b|^[A-Z]+$", text_of(path), re.MULTILINE) == []


# The commands


def test_every_command_has_its_page_and_no_other_has() -> None:
    pages = re.findall(r"^## tracktwo (\S.*)$", text_of(CLI), re.MULTILINE)
    assert sorted(pages) == sorted(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_the_page_of_a_command_says_what_its_help_says(name: str) -> None:
    page = section(text_of(CLI), f"## tracktwo {name}")
    command = COMMANDS[name]
    first, *_ = (command.help or "?").split("\n\n")
    assert plain(first) in plain(page)
    described, shared = described_in(page), described_in(section(text_of(CLI), "## Your node"))
    options = {
        f"`{max(option.opts)}`": option
        for option in command.params
        if isinstance(option, click.Option)
    }
    assert sorted(options) == sorted(described | {x: shared[x] for x in shared if x in options})
    for label, option in options.items():
        said = (shared | described)[label]
        assert said.startswith(plain(option.help or "?"))
        if isinstance(option.type, click.Choice):
            assert all(choice in said for choice in option.type.choices)


def described_in(text: str) -> dict[str, str]:
    return {row[0]: plain(row[1]) for row in rows(text) if row[0].startswith("`--")}


@pytest.mark.parametrize("name", STARTED)
def test_the_page_of_a_command_has_the_keys_of_its_json(
    name: str, relay: Relay, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # As people start it, which takes long: one in three commands, and in the soak all.
    monkeypatch.setattr(forking, "ANEW", forking.ANEW or name in some(STARTED, 3))
    page = section(text_of(CLI), f"## tracktwo {name}")
    told = page.partition("JSON keys:")[2].partition(".")[0]
    lines = [
        line if "--json" in line or not line.startswith("tracktwo") else f"{line} --json"
        for line in shown(page)
    ]
    ran = run_all(lines, Place(tmp_path))
    if typed(page):
        people = channel_of(relay.address, tmp_path, pseudonyms=("Wren", "Heron", "Otter"))
        ran += [run for _, run in Terminals(relay, tmp_path, people).play(typed(page), "--json")]
    runs = [run for run in ran if set(name.split()) <= set(run.args) and run.stdout]
    assert runs
    keys = re.findall(r"`([a-z_]+)`", told)
    printed = [value for run in runs for value in values(run.stdout)]
    assert printed or not keys
    assert [value for value in printed if list(value) != keys] == []


def values(text: str) -> list[dict[str, Any]]:
    """The objects of what was printed: of a list those in it, of an object of objects each."""
    found: list[Any] = []
    while text.strip():
        value, end = json.JSONDecoder().raw_decode(text.strip())
        found.append(value)
        text = text.strip()[end:]
    opened: list[Any] = []
    for value in found:
        inner = list(value.values()) if isinstance(value, dict) else value
        is_plural = isinstance(value, list) or all(isinstance(each, dict) for each in inner)
        opened += inner if is_plural else [value]
    return [value for value in opened if isinstance(value, dict)]


def test_every_error_is_documented_with_its_exit_code() -> None:
    codes = {row[0]: row[2] for row in rows(section(text_of(CLI), "## Exit codes"))}
    kinds = [kind for _, kind in inspect.getmembers(errors, inspect.isclass)]
    own = [kind for kind in kinds if kind.__module__ == errors.__name__]
    assert own
    assert [kind for kind in own if f"`{kind.__name__}`" not in codes[str(kind.exit_code)]] == []
    assert {"0", str(REFUSED), "130"} < set(codes)


@pytest.mark.parametrize("path", [README, TWIN], ids=named)
def test_every_exit_code_is_in_the_readme(path: Path) -> None:
    def codes(text: str) -> list[str]:
        return [row[0] for row in rows(text) if row[0].isdigit()]

    assert codes(text_of(path)) == codes(section(text_of(CLI), "## Exit codes"))


# Names that must be there


def referred(path: Path) -> Iterator[Path]:
    """What a document points at in this repository."""
    for target in re.findall(r"\]\(([^)#]+)\)", text_of(path)):
        if "://" not in target:
            yield path.parent / target
    for name in re.findall(r"`((?:src|tests|docs|bench|examples)/[\w./-]+)`", text_of(path)):
        yield ROOT / name
    folders = "deal|mpc|probe|show|channel|commands|relay|web"
    for name in re.findall(rf"`((?:{folders})/\w+\.py)`", text_of(path)):
        yield SOURCE / name


@pytest.mark.parametrize("path", DOCUMENTS, ids=named)
def test_every_file_a_document_points_at_exists(path: Path) -> None:
    assert [named(file) for file in referred(path) if not file.exists()] == []


def cannots() -> list[str]:
    """Each thing the threat model says cannot be done."""
    found: list[str] = []
    for part in re.split(r"^## ", text_of(THREATS), flags=re.MULTILINE):
        _, _, claimed = part.partition("*Cannot*")
        found += [item for item in re.split(r"^- ", claimed, flags=re.MULTILINE) if item.strip()]
    return found


def test_everything_the_threat_model_rules_out_names_a_test_that_exists() -> None:
    assert len(cannots()) > 5
    for claim in cannots():
        tests = re.findall(r"`(tests/[\w/]+\.py)(?:::(\w+))?`", claim)
        assert tests, claim
        for file, function in tests:
            tree = ast.parse(text_of(ROOT / file))
            names = {node.name for node in tree.body if isinstance(node, ast.FunctionDef)}
            assert any(name.startswith("test_") for name in names), file
            assert not function or function in names, function


def test_the_glossary_has_every_word_of_the_design() -> None:
    if not DESIGN.exists():
        pytest.skip("the design is not beside this repository")
    design = section(text_of(DESIGN), next(re.finditer(r"^## 2\. .*$", text_of(DESIGN), re.M))[0])
    words = {word for row in rows(design)[2:] for word in row[0].split(", ")}
    assert {"room", "red line", "read-out"} < words
    glossary = rows(section(text_of(ARCHITECTURE), "## The words"))
    assert words <= {word.removesuffix(" *") for row in glossary for word in row[0].split(", ")}


def test_the_tree_has_every_module_and_no_other() -> None:
    (tree,) = [block for block in blocks(text_of(ARCHITECTURE), "") if "cli.py" in block]
    drawn, folder = set(), ""
    for indent, name in re.findall(r"^( {2,4})([\w./]+)  ", tree, re.MULTILINE):
        folder = name if name.endswith("/") else folder if len(indent) == 4 else ""
        drawn.add(folder if name.endswith("/") else f"{folder}{name}")
    modules = {path.relative_to(SOURCE).as_posix() for path in SOURCE.rglob("*.py")}
    modules = {module for module in modules if not Path(module).name.startswith("__")}
    assert drawn == modules | {
        f"{module.partition('/')[0]}/" for module in modules if "/" in module
    }


def test_the_direction_of_imports_is_that_of_the_contract() -> None:
    project = tomllib.loads(text_of(ROOT / "pyproject.toml"))
    contracts: list[dict[str, Any]] = project["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["type"] == "layers")
    assert " > ".join(layers[1:]) in plain(text_of(ARCHITECTURE))


# Two languages, one text


def test_the_two_readmes_have_the_same_parts() -> None:
    def form(text: str) -> dict[str, object]:
        prose = re.sub(r"^```.*?^```$", "", text, flags=re.MULTILINE | re.DOTALL)
        return {
            "headings": re.findall(r"^(#+) ", prose, re.MULTILINE),
            "blocks": re.findall(r"^```.*?^```$", text, re.MULTILINE | re.DOTALL),
            "tables": [len(row) for row in rows(prose)],
            "links": re.findall(r"\]\(([^)]+)\)", prose.split("##", 1)[1]),
            "points": len(re.findall(r"^- ", prose, re.MULTILINE)),
            "code": sorted(re.findall(r"`(--[a-z-]+|tracktwo \w+|make \w+)", prose)),
            "paragraphs": len(re.findall(r"\n\n", prose)),
        }

    assert form(text_of(README)) == form(text_of(TWIN))


# Figures and pictures


def test_the_gates_in_the_page_on_speed_are_those_of_the_specification() -> None:
    counted = [row for row in rows(text_of(CIRCUIT)) if len(row) == 6]
    assert len(counted) > 5
    assert [row for row in counted if row not in rows(text_of(PERFORMANCE))] == []


def test_the_picture_fetches_nothing_and_is_small() -> None:
    drawing = text_of(PICTURE)
    assert len(drawing) < 150_000
    assert re.findall(r"href|@import|@font-face|<script|<image|https?://\S+?(?=\")", drawing) == [
        "http://www.w3.org/2000/svg"
    ]
    assert not re.search(r"url\((?!#)", drawing)


def test_the_picture_of_the_page_is_small() -> None:
    assert (ROOT / "docs" / "images" / "page.png").stat().st_size <= 120_000


def test_the_picture_shows_the_answer_of_the_case(tmp_path: Path) -> None:
    case = ROOT / "examples" / "ukraine-spring-2022"
    files = [case / f"{name}.toml" for name in ("agenda", "russia", "ukraine")]
    studied = Place(tmp_path).json("study", *files)
    (best,) = studied["probe"]["best"]["nash"]
    marks = [
        ("best" if best[issue] == option else "in" if held else "not", option)
        for issue, options in studied["where"].items()
        for option, held in options.items()
    ]
    lines = re.findall(r"^ +(best|in|not) +(\S+)", drawn_text(), re.MULTILINE)
    assert lines == marks
    assert all(f"{issue}={option} " in drawn_text() for issue, option in best.items())


@functools.cache
def drawn_text() -> str:
    elements = ElementTree.fromstring(text_of(PICTURE)).iter("{http://www.w3.org/2000/svg}text")  # noqa: S314 - our own file
    placed = sorted((float(e.attrib["y"]), float(e.attrib["x"]), e.text or "") for e in elements)
    lines: dict[float, str] = {}
    for y, _, text in placed:
        lines[y] = lines.get(y, "") + text.replace("\xa0", " ")
    return "\n".join(lines.values())


# The repository speaks of the project alone


def test_no_file_names_a_place_on_a_machine_or_a_registry() -> None:
    if shutil.which("git") is None or not (ROOT / ".git").exists():
        pytest.skip("this is no checkout")
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True)
    files = [ROOT / name for name in listed.stdout.decode().split("\0") if name]
    foreign = re.compile(
        rb"[/]work\b|[/]root\b|[/]home/\w|[/]Users/\w|pypi[.]org|python[h]osted|npmjs[.]org"
        rb"|crates[.]io|proxy[.]golang|ghcr[.]io|docker[.]io|anaconda[.]org"
    )
    found = {
        f"{named(file)}: {match[0].decode()}"
        for file in files
        if file.name != "LICENSE" and file.is_file()
        for match in foreign.finditer(file.read_bytes())
    }
    assert found == set()
