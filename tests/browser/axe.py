"""What keeps people from using a page, as axe-core finds it: contrast, names, roles, order. Fetches nothing.

`assert [] == await violations(page)` on every page and in every state of it that looks different.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

AXE = (Path(__file__).parent / "vendor" / "axe.min.js").read_text(encoding="utf-8")
GRAVE = ("serious", "critical")
SHOWN_MAX = 5  # Places of one rule that are named.

IS_THERE = "Boolean(window.axe)"
RUN = """async () => {
  const found = await window.axe.run(document, { resultTypes: ["violations"] });
  return found.violations.map((one) => ({
    id: one.id, impact: one.impact, help: one.help,
    where: one.nodes.map((node) =>
      `${node.target.join(" ")} ${[...node.any, ...node.all, ...node.none].map((check) => check.message).join("; ")}`),
  }));
}"""


async def bring(context: Any) -> None:
    """Every page that opens there from now on has it from its start: the driver hands it over once instead of for each page."""
    await context.add_init_script(AXE)


async def violations(page: Any) -> list[str]:
    """Serious and critical ones of an open page (Playwright, async), each as a line that says what and where."""
    if not await page.evaluate(IS_THERE):  # Half a megabyte: once for a page, however often it is looked at.
        await page.evaluate(AXE + ";0")  # The driver's own way in: a page's Content-Security-Policy does not stand in it.
    return told(await page.evaluate(RUN))


def violations_now(page: Any) -> list[str]:
    """The same for a page of Playwright's sync interface."""
    if not page.evaluate(IS_THERE):
        page.evaluate(AXE + ";0")
    return told(page.evaluate(RUN))


def told(found: list[dict[str, Any]]) -> list[str]:
    """One line for each rule that is broken badly."""
    grave = [one for one in found if one["impact"] in GRAVE]
    return [f"{one['id']} ({one['impact']}): {one['help']}: {' | '.join(one['where'][:SHOWN_MAX])}" for one in grave]
