"""Fields as people say them: each=50.00 for each_minor, tolerable=30min for tolerable_s, share=10% for share_ppm. Pure."""

from __future__ import annotations

import re

from msgspec import Struct

from tideover.plan.fields import shape_of

SECONDS = {"s": 1, "min": 60, "h": 3_600, "d": 86_400}


def in_units(kind: type[Struct], name: str, text: str) -> tuple[str, str]:
    """The field's own name and its value in the field's unit; what is no such short name comes back as it was.

    Raises ValueError, saying how it is written.
    """
    shape = shape_of(kind)
    if name in shape or not text.strip():
        return next((name + unit for unit in ("_minor", "_s", "_ppm") if name + unit in shape and name not in shape), name), text
    if f"{name}_minor" in shape:
        return f"{name}_minor", _scaled(text, 2, "it must be a sum, written like 50.00")
    if f"{name}_ppm" in shape:
        return f"{name}_ppm", _scaled(text.strip().removesuffix("%"), 4, "it must be a share, written like 10%")
    if f"{name}_s" in shape:
        found = re.fullmatch(r"(\d{1,7})\s*(s|min|h|d)", text.strip(), re.ASCII)
        if found is None:
            raise ValueError("it must be a time, written like 30min or 2h")
        return f"{name}_s", str(int(found[1]) * SECONDS[found[2]])
    return name, text


def _scaled(text: str, digits: int, why: str) -> str:
    """A number with a point or a comma as a whole number of its smallest parts."""
    whole, _, rest = text.strip().replace(",", ".").partition(".")
    if not re.fullmatch(r"\d{1,12}", whole, re.ASCII) or not re.fullmatch(rf"\d{{0,{digits}}}", rest, re.ASCII):
        raise ValueError(why)
    return str(int(whole + rest.ljust(digits, "0")))
