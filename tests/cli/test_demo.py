"""The demonstration: two processes of their own, one story, one page that prints anywhere."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import zipfile
from html.parser import HTMLParser
from pathlib import Path

from commands import EXAMPLES, Place
from tracktwo.demo import EXAMPLES as SHIPPED
from tracktwo.demo import cases

ROOT = Path(__file__).parents[2]
VOID = {"meta", "rect", "line"}
ALLOWED = {
    *("html", "head", "meta", "title", "style", "body", "main", "section", "div", "h1", "h2"),
    *("p", "ul", "li", "dl", "dt", "dd", "code", "svg", "rect", "text", "line"),
    *("table", "caption", "thead", "tbody", "tr", "th", "td"),
}


class Page(HTMLParser):
    """What a page consists of. Raises AssertionError where an element is not closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(text)
        self.close()
        assert not self._open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_strike_is_told_from_both_corners_to_its_end(place: Place) -> None:
    done = place.run("demo", "writers-strike-2023", "--html", "strike.html")
    assert done.returncode == 0, done.stderr
    said = " ".join(done.stdout.split())
    for words in (
        "16,848 packages",
        "Seen by Guild alone",
        "Accepts 7,159 of 16,848 packages.",
        "Seen by Studios alone",
        "Nobody is promised fairness",
        "they are the same.",
        "Between 2,048 and 4,095 of 16,848 packages are acceptable to both.",
        "best guild 6, four of them writer-producers, 10 weeks",
        "What was settled in the end lies in the room",
        "63.2 of 100 to Guild",
        "No option of any issue, taken alone, reaches both lines.",
        "12 messages in all.",
        "What neither side learnt",
    ):
        assert words in said
    assert max(map(len, done.stdout.splitlines())) <= 80
    assert "\x1b" not in done.stdout
    assert_prints_anywhere((place.path / "strike.html").read_text("utf-8"))


def assert_prints_anywhere(text: str) -> None:
    page = Page(text)
    assert {tag for tag, _ in page.elements} <= ALLOWED
    assert page.named("html") == [{"lang": "en"}]
    assert {"charset": "utf-8"} in page.named("meta")
    assert len(page.named("h1")) == 1
    assert len(page.named("caption")) == len(page.named("table")) == 2
    assert all(cell["scope"] in ("row", "col", "rowgroup") for cell in page.named("th"))
    (drawing,) = page.named("svg")
    assert drawing["role"] == "img"
    assert drawing["aria-label"]
    colours = set(re.findall(r"(?<!&)#[0-9a-f]{3,6}\b", text))
    assert colours <= {"#000", "#444", "#666", "#999", "#e4e4e4", "#fff"}  # greys
    for attribute in ("src", "href", "onload", "onclick"):
        assert not [1 for _, attributes in page.elements if attribute in attributes]
    assert not re.search(r"https?:|//|url\(|@import", text.replace("<!doctype html>", ""))


def test_a_case_without_room_is_told_too_and_as_json(place: Place) -> None:
    said = place.json("demo", "ukraine-june-2025", "--html", "june.html")
    assert said["same_answer"] is True
    assert said["answers"] == {
        "exists": False,
        "how-much": {"at_least": 0, "below": 1},
        "where": said["answers"]["where"],
        "best": {"package": None},
    }
    assert said["cost"]["messages"] == 12
    page = " ".join((place.path / "june.html").read_text("utf-8").split())
    assert "No package of this agenda version is acceptable to both" in page
    assert "no deal" not in page.lower()
    assert "<svg" not in page


def test_a_page_that_stands_is_not_replaced_unless_told(place: Place) -> None:
    (place.path / "page.html").write_text("mine", encoding="utf-8")
    done = place.run("demo", "ukraine-june-2025", "--html", "page.html")
    assert done.returncode == 2
    assert (place.path / "page.html").read_text("utf-8") == "mine"


def test_every_example_comes_with_the_program_and_there_is_one_copy() -> None:
    assert cases() == sorted(path.name for path in EXAMPLES.iterdir())
    for path in EXAMPLES.glob("*/*.toml"):
        shipped = SHIPPED / path.parent.name / path.name
        assert shipped.samefile(path)


def test_the_help_names_every_case(place: Place) -> None:
    said = place.run("demo", "--help").stdout
    assert not [case for case in cases() if case not in said]


def test_a_built_wheel_holds_the_examples(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    subprocess.run(
        [sys.executable, "-c", f"import uv_build; uv_build.build_wheel({str(tmp_path)!r})"],
        cwd=ROOT,
        env={**os.environ, "PATH": path},
        capture_output=True,
        check=True,
    )
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        for source in EXAMPLES.glob("*/*.toml"):
            name = f"tracktwo/examples/{source.parent.name}/{source.name}"
            assert archive.read(name) == source.read_bytes()
