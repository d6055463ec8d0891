"""For who has no mouse, little sight, a small or large screen, no script, or only paper."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import expect

from effort import some
from nodes import Relay, channel_of
from pages import Desk, Desks
from settled import Settled, has_papers

# What has the focus: its name, whether that can be seen, and how far down the page it is.
_FOCUS = """() => {
  const at = document.activeElement, style = getComputedStyle(at);
  const where = at.getBoundingClientRect();
  const label = at.labels?.[0] ?? at;
  return [(at.ariaLabel ?? label.innerText).split("\\n")[0].trim(), at.tagName, at.type ?? "",
    style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2,
    where.height > 0 && where.top + scrollY >= 0];
}"""
_BEFORE = """(before) => !before || !before.isConnected ||
  (before.compareDocumentPosition(document.activeElement) & 4) > 0"""
_MOVING = """[document.documentElement, ...document.querySelectorAll("*")].filter((e) => {
  const s = getComputedStyle(e);
  return s.scrollBehavior === "smooth" || s.animationName !== "none" ||
    s.transitionDuration.split(",").some((t) => parseFloat(t) > 0);
}).length"""
_BEYOND = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


class Keys:
    """Somebody with a keyboard alone."""

    def __init__(self, desk: Desk) -> None:
        self.desk, self.page = desk, desk.page

    def reaches(self, name: str) -> Keys:
        """Go on with Tab to what has this name; each step is seen, and goes down the page."""
        for _ in range(80):
            before = self.page.evaluate_handle("document.activeElement")
            self.page.keyboard.press("Tab")
            label, tag, _, is_seen, is_there = self.page.evaluate(_FOCUS)
            if tag == "BODY":
                continue
            assert is_seen, f"nobody sees that {label!r} has the focus"
            assert is_there, f"{label!r} has the focus and is not on the screen"
            assert before.evaluate("(e) => e === document.body") or self.page.evaluate(
                _BEFORE, before
            ), f"{label!r} comes out of order"
            if label.startswith(name):
                return self
        raise AssertionError(f"no way by Tab to {name!r}")

    def types(self, name: str, text: str) -> Keys:
        self.reaches(name).page.keyboard.type(text)
        return self

    def presses(self, name: str, key: str = "Enter") -> Keys:
        """Reach a button or link, and follow it."""
        self.reaches(name)
        with self.page.expect_navigation():
            self.page.keyboard.press(key)
        self.page.wait_for_load_state("load")
        return self

    def presses_only(self, *names: str) -> Keys:
        """Press keys where one is."""
        for name in names:
            self.page.keyboard.press(name)
        return self

    def ticks(self, name: str) -> Keys:
        self.reaches(name).page.keyboard.press("Space")
        return self


def test_coming_in_and_talking_need_no_mouse(desks: Desks, relay: Relay, settled: Settled) -> None:
    keys = Keys(desks.come(settled.person))
    keys.types("Passphrase", "grey wagtail").presses("Unlock", "Space")
    keys.presses("talks").types("Say to all", "Without a mouse.").presses("Say it")
    keys.desk.sees("Without a mouse.")


def test_asking_to_be_let_in_needs_no_mouse_and_says_what_is_wrong(
    desks: Desks, relay: Relay, settled: Settled
) -> None:
    keys = Keys(desks.sit(settled.other))
    keys.presses("Come into a channel")
    keys.types("The code", "12-no-code").types("Address", relay.address)
    keys.types("What you call it", "second").types("What the others", "Otter")
    keys.presses("Come in").desk.sees("Please look at this")
    expect(keys.page.locator("#faults")).to_be_focused()
    keys.reaches("A code is a number").page.keyboard.press("Enter")
    expect(keys.page.get_by_label("The code")).to_be_focused()
    keys.page.keyboard.press("Control+A")
    keys.page.keyboard.type("41377-harbor-violin")
    keys.presses("Come in").desk.sees("You are knocking")
    keys.presses("Knock no more")


def test_setting_a_score_and_asking_for_a_probe_need_no_mouse(desks: Desks, tmp_path: Path) -> None:
    heron = channel_of("", tmp_path)[1]
    has_papers(heron, "upper")
    keys = Keys(desks.sit(heron))
    keys.presses("Agendas").presses("Two villages").presses("Your position").presses("Scores")
    keys.reaches("One half each").presses_only("Control+A", "4", "0", "Tab")
    expect(keys.page.get_by_role("slider", name="One half each")).to_be_focused()
    keys.presses_only("ArrowRight", "ArrowRight", "ArrowLeft")
    expect(keys.page.get_by_role("textbox", name="One half each")).to_have_value("41")
    keys.presses("Keep it and go on").desk.sees("The position is kept.")
    keys.presses("Scores")
    expect(keys.page.get_by_role("textbox", name="One half each")).to_have_value("41")

    keys.presses("Channels").presses("talks").presses("Probes").presses("Ask for a probe")
    keys.ticks("Two villages").ticks("Otter").ticks("the best package")
    keys.reaches("the Nash rule").presses_only("ArrowDown")
    keys.presses("See what it may tell").desk.sees("What it takes").sees("the egalitarian rule")
    keys.ticks("I have read").presses("Change it").desk.sees("Whom to ask")
    keys.presses("See what it may tell").ticks("I have read").presses("Ask for it", "Space")
    keys.desk.sees("Otter has not agreed yet")


def test_the_first_step_leads_past_what_is_on_every_page(desks: Desks, settled: Settled) -> None:
    desk = desks.sit(settled.person).goes("Settings")
    Keys(desk).reaches("Go to the content").page.keyboard.press("Enter")
    expect(desk.page.locator("#main")).to_be_focused()


def test_twice_as_large_nothing_has_to_be_moved_sideways(desks: Desks, settled: Settled) -> None:
    half = {"width": 640, "height": 400}  # as a browser of 1280 pixels has it at 200 %
    desk = desks.sit(settled.person, viewport=half, device_scale_factor=2)
    for path in some(settled.paths(), 4):
        desk.page.goto(f"{desk.door}{path}")
        assert desk.page.evaluate(_BEYOND) <= 0, path
    # the text alone twice as large, as some settle it
    session = desk.context.new_cdp_session(desk.page)
    session.send("Page.setFontSizes", {"fontSizes": {"standard": 32, "fixed": 26}})
    for path in some(settled.paths(), 4):
        desk.page.goto(f"{desk.door}{path}")
        assert desk.page.evaluate(_BEYOND) <= 0, path


def test_nothing_moves_for_who_wants_no_motion(desks: Desks, settled: Settled) -> None:
    desk = desks.sit(settled.person, reduced_motion="reduce")
    assert desk.page.evaluate(_MOVING) == 0
    desk.goes("talks", "Members")
    assert desk.page.evaluate(_MOVING) == 0


def test_on_paper_there_is_what_was_said_and_nothing_to_press(
    desks: Desks, settled: Settled
) -> None:
    desk = desks.sit(settled.person)
    desk.page.emulate_media(media="print")
    for path in some(settled.paths(), 2):
        desk.page.goto(f"{desk.door}{path}")
        for kind in ("nav", "footer", "button", "input", "textarea", "select"):
            shown = desk.page.locator(kind).filter(visible=True).count()
            assert shown == 0, f"{path} prints {shown} {kind}"
        expect(desk.page.locator("h1")).to_be_visible()
    desk.page.goto(f"{desk.door}/a/{settled.parts['agenda'][0]}")
    desk.sees("The water of the dry season").sees("A keeper from each")


def test_without_script_every_screen_is_whole(desks: Desks, settled: Settled) -> None:
    desk = desks.sit(settled.person, script=False)
    for path in settled.paths():
        answer = desk.page.goto(f"{desk.door}{path}")
        assert answer is not None
        assert answer.status == 200, path
        expect(desk.page.locator("h1")).to_be_visible()
        text = desk.page.content()
        for form in re.findall(r"<form.*?</form>", text, re.DOTALL):
            assert 'method="post"' in form
            assert "<button" in form, path
        if "data-live" in text or "data-fresh" in text:  # a browser driven so shows no <noscript>
            assert "<noscript>" in text, path


def test_all_plots_have_a_name_and_a_table(desks: Desks, settled: Settled) -> None:
    desk = desks.sit(settled.person)
    drawn = 0
    drawing = (f"/own/issue/{settled.parts['issue'][0]}", "/swings", "/rehearsal")
    for path in (path for path in settled.paths() if path.endswith(drawing)):
        desk.page.goto(f"{desk.door}{path}")
        for plot in desk.page.locator("svg.plot").all():
            drawn += 1
            expect(plot).to_have_accessible_name(re.compile(r"\w+"))
        tables = desk.page.locator("table").count()
        assert tables >= desk.page.locator("svg.plot").count(), path
    assert drawn >= 5
