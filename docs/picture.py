"""Take the drawing of the day out of a demo's report, as an SVG that stands alone: `make pictures`."""

from __future__ import annotations

import re
import sys
from pathlib import Path


def alone(report: str) -> str:
    """The first drawing of the report with the style it needs."""
    drawing = re.search(r"<svg.*?</svg>", report, re.DOTALL)
    style = re.search(r"<style>(.*?)</style>", report, re.DOTALL)
    if drawing is None or style is None:
        raise SystemExit("there is no drawing in this report")
    colours = re.search(r":root \{.*?\}", style[1], re.DOTALL)
    rules = [line for line in style[1].splitlines() if line.startswith(("svg", ".cloud", ".grid"))]
    css = "\n".join([colours[0] if colours else "", *rules])
    paper = '<rect width="100%" height="100%" fill="#fcfbf8"/>'
    opened = drawing[0].replace("<svg ", '<svg xmlns="http://www.w3.org/2000/svg" ', 1)
    return opened.replace("</title>", f"</title><style>{css}</style>", 1).replace("</desc>", f"</desc>{paper}", 1) + "\n"


if __name__ == "__main__":
    Path(sys.argv[2]).write_text(alone(Path(sys.argv[1]).read_text(encoding="utf-8")), encoding="utf-8")
