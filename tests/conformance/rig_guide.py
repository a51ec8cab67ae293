"""The connector that docs/connectors/README.md writes step by step, run as it stands there."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from unittest import mock

from tideover import connectors

GUIDE = Path(__file__).parents[2] / "docs" / "connectors" / "README.md"
MODULE = "guide_connector"


def blocks() -> Iterator[str]:
    """The page's Python, in order."""
    yield from re.findall(r"^```python\n(.*?)^```$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


def made(name: str, source: str) -> ModuleType:
    """A module of that source."""
    module = ModuleType(name)
    sys.modules[name] = module
    exec(compile(source, str(GUIDE), "exec", dont_inherit=True), module.__dict__)
    return module


*_connector, _rig = blocks()
made(MODULE, "\n".join(_connector))


class GuideRig(made("guide_rig", _rig).RIG):  # type: ignore[misc]
    """The page's rig, with the page's connector in the registry while it runs."""

    def start(self) -> None:
        self._registry = mock.patch.dict(connectors.CONNECTORS, {self.name: MODULE})
        self._registry.start()
        super().start()

    def stop(self) -> None:
        super().stop()
        self._registry.stop()


RIG = GuideRig
