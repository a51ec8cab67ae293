"""The press: a template and values become pages, the same bytes each time. Values are only ever shown, never read as markup.

Never fetches anything, never reads a file outside its root, never uses a font of the machine.
"""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import msgspec

from tideover.disk import write_whole
from tideover.errors import BadRecord
from tideover.kit.qr import picture
from tideover.kit.sheet import Sheet
from tideover.words import THIN, plain, say

TEMPLATES = Path(__file__).parent / "templates"
FACES = ("Regular", "Semibold", "Bold", "It")  # Of Source Sans, for every script that Europe writes in.
OTHER_SCRIPTS = ("FiraGO_Regular", "FiraGO_Bold")  # Arabic, Hebrew, Thai, Georgian: where Source Sans has no letter.

COMPILES_KEPT = 11


def lay_fonts(folder: Path) -> Path:
    """Put the kit's own fonts into a folder, once; returns it."""
    ready = folder / "ready"
    if ready.exists():
        return folder
    import font_source_sans_pro

    folder.mkdir(parents=True, exist_ok=True)
    source = Path(font_source_sans_pro.__file__).parent / "files"
    for face in FACES:
        shutil.copyfile(source / f"SourceSansPro-{face}.ttf", folder / f"SourceSansPro-{face}.ttf")
    for name in OTHER_SCRIPTS:
        write_whole(folder / f"{name}.ttf", _unpacked(name))
    write_whole(ready, b"")
    return folder


def _unpacked(name: str) -> bytes:
    """A font that its package keeps inside a module."""
    from importlib import import_module

    return bytes(import_module(f"pymupdf_fonts.{name}").fontbuffer)


class Press:
    """Presses sheets with the fonts of one folder."""

    def __init__(self, fonts: Path, templates: Path = TEMPLATES) -> None:
        self.fonts, self.templates = lay_fonts(fonts), templates

    def pdf(self, sheet: Sheet, today: datetime) -> bytes:
        """A tagged PDF; `today` (aware) is the only time that gets into it. Raises BadRecord."""
        return self._compile(sheet, today, format="pdf")

    def png(self, sheet: Sheet, today: datetime, ppi: float = 100) -> list[bytes]:
        """Its pages as pictures, to look at."""
        made = self._compile(sheet, today, format="png", ppi=ppi)
        return [made] if isinstance(made, bytes) else list(made)

    def forget(self) -> None:
        """Let go of what earlier sheets left in memory: typst keeps whatever its last ten compilations may want again."""
        for _ in range(COMPILES_KEPT):
            self._compiler("nothing.typ").compile(format="pdf")

    def _compile(self, sheet: Sheet, today: datetime, **how: Any) -> Any:
        values = msgspec.json.encode(_plain({"frame": _frame(sheet, today), **sheet.data})).decode()
        stamp = datetime(today.year, today.month, today.day, tzinfo=UTC)
        try:
            return self._compiler(sheet.template).compile(sys_inputs={"values": values}, timestamp=int(stamp.timestamp()), **how)
        except RuntimeError as error:  # typst's own error: a value of a wrong shape, a template that is broken.
            raise BadRecord(what="sheet", why=f"{sheet.name}: {error}"[:500]) from error

    @cache  # noqa: B019 - a Press lives as long as its process.
    def _compiler(self, template: str) -> Any:
        import typst  # 30 ms, and only for those who print.

        path = self.templates / template
        return typst.Compiler(path, root=self.templates, font_paths=[self.fonts], ignore_system_fonts=True)


def _frame(sheet: Sheet, today: datetime) -> dict[str, Any]:
    """What stands on every page; templates/page.typ shows it."""
    said = say(sheet.language)
    dates = [said("Printed {day}", day=said.day(f"{today:%Y-%m-%d}"))]
    if sheet.as_of:
        dates.append(said("as of {day}", day=said.day(sheet.as_of)))
    if sheet.revision:
        dates.append(said("revision {what}", what=sheet.revision))
    if sheet.destroy_by:
        dates.append(said("destroy by {day}", day=said.day(sheet.destroy_by)))
    top = {"title": sheet.title, "shop": sheet.shop, "mark": sheet.mark}
    copy = {"says": sheet.copy, "code": picture(sheet.copy.replace("-", ""))} if sheet.copy else {"says": ""}
    return {**top, "language": sheet.language, "paper": sheet.paper, "dates": dates, "page": said("Page"), "copy": copy}


def _plain(value: Any) -> Any:
    """The values without anything that a printer or a reader would obey: control and format characters."""
    if isinstance(value, str):
        if plain(whole := value.replace(THIN, "-")) == whole:  # As most are: nothing to take out, in no part of it.
            return value
        return "\n".join(THIN.join(plain(part) for part in line.split(THIN)) for line in value.split("\n"))  # Sums do not break.
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(inner) for inner in value]
    return value
