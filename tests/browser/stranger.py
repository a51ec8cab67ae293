"""Somebody who has only the README: does what it says in its order, presses what it names, and else what the screen offers first.

Knows no selector that a person could not read: a name in *these* must stand on a button or a link when it is needed.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click
from msgspec import Struct

from tideover.__main__ import cli

README = Path(__file__).parents[2] / "README.md"
SECTION = re.compile(r"^## (A till, .*?)$(.*?)^## ", re.MULTILINE | re.DOTALL)
SAID = re.compile(r"`(tideover [^`]+)`|(https?://[^\s,]+)|\*([^*\n]+)\*")
STEPS_MAX = 25


class Advice(Struct):
    """What the README says of a first sale, in its order."""

    commands: list[str]
    address: str
    names: list[str]  # Of what is to be pressed.


def advice(text: str | None = None) -> Advice:
    """Read from its section about the till."""
    found = SECTION.search(README.read_text(encoding="utf-8") if text is None else text)
    assert found, "README.md has no section about the till any more"
    said = SAID.findall(found[2])
    addresses = [address for _, address, _ in said if address]
    return Advice([one for one, _, _ in said if one], addresses[0], [name for _, _, name in said if name])


def is_known(command: str) -> bool:
    """True if there is such a command, with those options and room for those arguments."""
    _, name, *words = command.split()
    made = cli.get_command(click.Context(cli), name)
    if made is None:
        return False
    options = {word for word in words if word.startswith("-")}
    places = [param for param in made.params if isinstance(param, click.Argument)]
    return options <= {"--help", *(opt for param in made.params for opt in param.opts)} and len(words) - len(options) <= len(places)


class Stranger:
    """With a browser, a name and a PIN."""

    def __init__(self, page: Any, names: list[str], me: str = "Anna", pin: str = "2580") -> None:
        self.page, self.names, self.me, self.pin = page, list(names), me, pin
        self.pressed: list[str] = []
        self.has_typed = False

    def sell(self) -> None:
        """Until the receipt is there and nothing is left to press, or no step leads on."""
        for _ in range(STEPS_MAX):
            if self._screen() == "paid" and not self.names:
                return
            self._step()
        sought = f"the README names {self.names[:1]}, which is nowhere to be pressed"
        raise AssertionError(f"{sought} on {self._screen()}; pressed: {self.pressed}")

    def _screen(self) -> str:
        found = self.page.locator("main[data-screen]")
        if found.count():
            return str(found.first.get_attribute("data-screen"))
        return "box"

    def _step(self) -> None:
        screen = self._screen()
        getattr(self, f"_at_{screen.replace('-', '_')}", lambda: None)()
        if self._screen() == screen:
            self._press_what_is_named() or self._press_what_is_offered()
        self.page.wait_for_timeout(150)

    def _press_what_is_named(self) -> bool:
        if not self.names:
            return False
        name = re.compile(rf"\b{re.escape(self.names[0])}", re.IGNORECASE)
        for role in ("button", "link"):
            for one in self.page.get_by_role(role, name=name).all():
                if one.is_visible() and one.is_enabled():
                    one.click()
                    self.pressed.append(self.names.pop(0))
                    return True
        return False

    def _press_what_is_offered(self) -> None:
        for where in ("p.act a.button.light", "form.go button", "form button", "main [data-key=enter]"):
            found = self.page.locator(where)
            if found.count() and found.first.is_visible() and found.first.is_enabled():
                found.first.click()
                return

    # What is typed, and where -----------------------------------------------------------------------

    def _at_box(self) -> None:
        """Sign in, where the box asks for it."""
        field = self.page.get_by_label("Name", exact=True)
        if field.count() and self.page.get_by_label("PIN").count():
            field.fill(self.me)
            self.page.get_by_label("PIN").fill(self.pin)
            self.page.get_by_role("button", name="Sign in").click()
            self.page.wait_for_load_state()

    def _at_enrol(self) -> None:
        self.page.get_by_label("Name of this till").fill("Counter 1")

    def _at_sign_in(self) -> None:
        """Once: what is typed while the PIN is being looked at would land on the next screen."""
        if self.has_typed:
            return
        self.has_typed = True
        person = self.page.get_by_role("button", name=self.me)
        if person.count():
            person.first.click()
        self.page.get_by_text("Type your PIN.").wait_for()
        for digit in self.pin:
            self.page.keyboard.press(digit)
        # So fast a row of digits is held for a moment, in case it is a scan.
        self.page.wait_for_selector(f".pin[data-digits='{len(self.pin)}']")

    def _at_sell(self) -> None:
        from playwright.sync_api import expect  # A browser is not everybody's.

        if not self.page.locator(".lines .line").count():
            self.page.get_by_text("Scan the first item.").wait_for()
            for letter in "coffee":
                self.page.keyboard.press(letter)
            expect(self.page.get_by_role("combobox")).to_have_value("coffee")
            self.page.get_by_role("option", name="Coffee, 500 g").click()
            self.page.wait_for_selector(".lines .line")
        elif "pay" not in (name.lower() for name in self.names):
            self.page.get_by_role("button", name="Pay").click()
