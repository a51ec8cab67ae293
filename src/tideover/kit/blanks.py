"""Blank forms: quote, order, picking list, delivery docket, invoice, purchase order, receipt, refund, to write on with a pen.

Numbers are reserved as pads of slips are (`Plan.issue_pad` with a series of plan/series.py), so that no printed number is
ever another paper's. A form without a pad has a line for its number instead. Never hands out a number itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from msgspec.structs import replace

from tideover.kit import qr, two_up
from tideover.kit.forms import COLUMNS, LAYOUTS, Layout
from tideover.kit.matter import Matter
from tideover.kit.particulars import Particulars, lacks, particulars, shown
from tideover.kit.sheet import Kind, Lack, Sheet
from tideover.kit.slip_pads import apart, booklets, doubled, number_of, numbers
from tideover.plan.records import Pad
from tideover.plan.series import FORMS, OF_TRADE, SERIES, Form
from tideover.words import SIGNS, Say, say

KIND: Kind = "blank"
TEMPLATE = "blank.typ"


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """Every form: one paper per pad of its series, or one without a number."""
    made: list[Sheet | Lack] = []
    for form in FORMS:
        good, twice = apart(pad for pad in matter.pads if pad.series == SERIES[form])
        printed = [booklet for pad in good for booklet in booklets(pad)]
        made += [blank(form, booklet, matter, language) for booklet in printed or [None]]
        made += [doubled(KIND, pad) for pad in twice]
    logo = [Lack(KIND, " ".join(("The logo stands on no paper.", matter.logo_fault)))] if matter.logo_fault else []
    return [*made, *lacks(particulars(matter), KIND), *logo]


def blank(form: Form, pad: Pad | None, matter: Matter, language: str) -> Sheet:
    """One form with every number of a pad, or without one."""
    said, layout, printed = say(language), LAYOUTS[form], numbers(pad) if pad else []
    title = said(title_of(form, matter))
    if pad:
        title = f"{title} {number_of(pad, pad.first)} – {number_of(pad, pad.last)}"
    if form in OF_TRADE:
        template, data = two_up.TEMPLATE, _halves(form, layout, printed, matter, said)
    else:
        template, data = TEMPLATE, empty(form, layout, printed, matter, said)
    name = f"blank-{form}-{pad.key}" if pad else f"blank-{form}"
    return Sheet(kind=KIND, name=name, title=title, template=template, data=data, language=language, rows=len(printed) or 1)


def title_of(form: Form, matter: Matter) -> str:
    """What the form is called, in English; Australia's law wants the words 'tax invoice'."""
    return "TAX INVOICE" if form == "invoice" and matter.settings.country == "AU" else LAYOUTS[form].title


def _halves(form: Form, layout: Layout, printed: Sequence[str], matter: Matter, said: Say) -> dict[str, Any]:
    words = two_up.refund_words if form == "refund" else two_up.sale_words
    return two_up.halves(matter, said, printed, words(particulars(matter), said, said(layout.title)))


def empty(form: Form, layout: Layout, printed: Sequence[str], matter: Matter, said: Say) -> dict[str, Any]:
    """The values of a form to write on: each number on each of its copies."""
    copies = [said(label) if label else "" for label in layout.copies] if printed else [""]
    return frame_of(form, layout, matter, said) | {
        "pages": [
            {"number": number, "qr": qr.picture(qr.text_for(matter.settings, number)) if number else None, "copy": copy}
            for number in printed or [""]
            for copy in copies
        ]
    }


def frame_of(form: Form, layout: Layout, matter: Matter, said: Say) -> dict[str, Any]:
    """What stands on the form whoever fills it."""
    found = particulars(matter)
    if not layout.is_marked:
        found = replace(found, mark="")
    total = "TOTAL" if layout.sums == "total" else "TOTAL with VAT" if found.tax == "VAT" else "TOTAL with GST"
    return {
        "words": {"number": said("Number"), "notes": said("Notes")},
        "shop": shown(found, matter, said),
        "name": said(title_of(form, matter)),
        "sign": SIGNS.get(found.currency, found.currency),
        "fields": [{"key": key, "label": said(label)} for key, label in layout.fields],
        "columns": [_column(key, found, said) for key in layout.columns],
        "sums": layout.sums,
        "total": said(total),
        "signs": [said(label) for label in layout.signs],
        "foot": said(layout.foot) if layout.foot else "",
    }


def _column(key: str, found: Particulars, said: Say) -> dict[str, Any]:
    one = COLUMNS[key]
    label = two_up.sum_label(found, said) if key == "sum" else said(f"{found.tax} %" if key == "vat" else one.label)
    return two_up.column(label, one.width, right=one.is_number)
