"""What a page's form may send: the fields that its module reads and its template names, filled with what fits and with what does not."""

from __future__ import annotations

import inspect
import re
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from hypothesis import strategies as st

from tideover.web import pages

READ = re.compile(r"""\b(?:form|fields|given)(?:\.get\(|\[)f?["']([\w-]+)["']""")
NAMED = re.compile(r'\bname="([\w-]+)"')
VALUED = re.compile(r'\bvalue="([^"{}]+)"')
TEMPLATES = re.compile(r'"(\w+\.html\.j2)"')
FORM = re.compile(r'<form[^>]*action="/([\w-]+)[^>]*>.*?</form>', re.DOTALL)
HELD = Path(pages.__file__).parent / "pages"
TOKEN = "csrf"
SENT_MAX = 24  # Of its own fields.
LONG = ("x" * 3_000, "9" * 400, "Ä€" * 1_500)
ODD = ("", " ", "0", "-1", "1e400", "NaN", "٣", "²", "1,5", "on", "2026-11-20", "2027-02-30", "25:61", "0001-01-01T00:00:00Z")
ROUGH = (
    "\x00",
    "a\x00b",
    "\x1b[2J\r\n",
    "\u202e\u2066",
    "\ufeff",
    "{{ 7 }}",
    "<b>'\"",
    "../../etc",
    "ｐｉｎ",
    "\U0001f9fe" * 40,
    "\u0085\u2028",
)


@dataclass(frozen=True)
class Form:
    """What is known of a route's form."""

    names: tuple[str, ...]
    values: tuple[str, ...]


def form_of(handler: Any, path: str) -> Form:
    """From the module that takes it and the templates that show it."""
    module = inspect.getmodule(inspect.unwrap(handler.fn))
    source = inspect.getsource(module or sys.modules[__name__])
    shown = [(HELD / name).read_text(encoding="utf-8") for name in TEMPLATES.findall(source)]
    first = path.split("/")[1]
    for template in sorted(HELD.glob("*.j2")):
        shown += [one[0] for one in FORM.finditer(template.read_text(encoding="utf-8")) if one[1] == first]
    names = {*READ.findall(source), *(name for one in shown for name in NAMED.findall(one))} - {TOKEN}
    return Form(tuple(sorted(names)), tuple(sorted({value for one in shown for value in VALUED.findall(one)})))


def values(form: Form, known: tuple[str, ...]) -> st.SearchStrategy[str]:
    """known: ids of the house, so that a form gets past its first gate."""
    fitting = st.sampled_from((*form.values, *known, "5", "100", "Anna", "tel. 040 1234567", "en"))
    return st.one_of(fitting, fitting, st.sampled_from(ODD), st.sampled_from((*ROUGH, *LONG)), st.text(max_size=40))


def sent(form: Form, known: tuple[str, ...]) -> st.SearchStrategy[dict[str, str]]:
    """Most of that form's fields, and sometimes others; any may be missing."""
    value = values(form, known)
    own = {name: st.one_of(value, value, value, st.none()) for name in form.names[:SENT_MAX]}
    more = st.dictionaries(st.sampled_from((*form.names, "junk", "")) | st.text(max_size=12), value, max_size=2)
    both = st.tuples(st.fixed_dictionaries(own), more).map(lambda two: two[0] | two[1])
    return both.map(lambda fields: {_plain(name): _plain(one) for name, one in fields.items() if one is not None})


def _plain(text: str) -> str:
    """A lone surrogate cannot be sent at all."""
    return text.encode("utf-8", "replace").decode("utf-8")
