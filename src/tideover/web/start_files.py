"""The page where an export is dropped in: what is read from which column is shown with three rows, corrected, and then taken.

Nothing reaches the copies before a person has seen the columns and said yes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from litestar import Request, Response, get, post
from litestar.datastructures import UploadFile
from litestar.response import Redirect
from msgspec import Struct

from tideover.disk import remove, write_whole
from tideover.errors import Rejected, TideoverError, TooBig
from tideover.model.item import Dataset
from tideover.settings import read_settings
from tideover.web import access, starting
from tideover.web.language import say_to
from tideover.web.pages import form_of, only_for, render, signed_form

Ask = Request[Any, Any, Any]
UPLOAD_BYTES_MAX = 64 * 2**20  # 100,000 items with long names come to about 20 MB.


class File(Struct, frozen=True):
    """One kind of export that the first pages take."""

    kind: str
    title: str
    why: str
    how: str


FILES: dict[str, File] = {
    one.kind: one
    for one in (
        File(
            "items",
            "The prices",
            "What has no sticker cannot be sold without a price on paper.",
            "In your till or CRM look for 'Products' or 'Items', then 'Export'; CSV or XLSX.",
        ),
        File(
            "contacts",
            "Customers and suppliers",
            "Their numbers are in the cloud that is away.",
            "An export of contacts, CSV or XLSX. A column 'Type' may say customer, supplier or staff.",
        ),
        File(
            "orders",
            "The open orders",
            "The urgent ones are on paper before somebody stands there to fetch them.",
            "An export of open orders, CSV or XLSX, with a row for each line.",
        ),
    )
}
LABELS = {
    "code": "Item code", "name": "Name", "unit_price": "Price each", "vat_percent": "VAT %", "barcodes": "Barcode",
    "department": "Department", "unit": "Unit", "archived": "Not sold any more", "phone": "Phone", "email": "E-mail",
    "address": "Address", "account": "On account", "our_account": "Our number with them", "customer": "Customer",
    "promised_on": "Promised for", "note": "Note", "item": "Item code", "line_name": "Name of the item", "quantity": "How many",
    "merged_into": "Now under the number",
}  # fmt: skip
SHOWN: dict[str, tuple[str, ...]] = {
    "items": ("code", "name", "unit_price", "vat_percent", "barcodes", "department", "unit"),
    "customers": ("code", "name", "phone", "email", "address", "account"),
    "suppliers": ("code", "name", "phone", "email", "our_account"),
    "orders": ("code", "customer", "promised_on", "item", "line_name", "quantity", "unit_price", "note"),
}


class Waiting:
    """A file that was dropped in and not yet taken: it lies in the data directory, so that a new start of the box loses nothing."""

    def __init__(self, folder: Path, kind: str) -> None:
        self._path = folder / f"dropped-{kind}.part"

    def put(self, name: str, content: bytes) -> None:
        """Raises FolderUnusable."""
        write_whole(self._path, name.encode()[:200].replace(b"\n", b" ") + b"\n" + content, 0o600)

    def get(self) -> tuple[str, bytes] | None:
        """Its name and bytes; None if there is none."""
        if not self._path.exists():
            return None
        name, _, content = self._path.read_bytes().partition(b"\n")
        return name.decode("utf-8", "replace"), content

    def drop(self) -> None:
        remove(self._path)


@get("/start/file/{kind:str}", guards=[access.anyone], include_in_schema=False)
async def file_page(request: Ask, kind: str) -> Response[Any]:
    if kind not in FILES:
        return Redirect("/start", status_code=303)
    if access.of(request).kind != "staff" or only_for(request, "start", FILES[kind].title, f"/start/file/{kind}"):
        return Redirect("/start", status_code=303)
    return await _page(request, kind, None)


async def _page(
    request: Ask, kind: str, fault: TideoverError | None, brought: Any = None, doubts: Any = (), chosen: Mapping[str, str] | None = None
) -> Response[Any]:
    """The page with what was dropped in, if anything, read under the columns that are chosen."""
    house = request.app.state.house
    waiting = Waiting(house.folder, kind).get()
    looked, dataset = None, kind
    if waiting is not None and brought is None:
        try:
            dataset, looked = await _looked(house, kind, *waiting, chosen or {})
        except TideoverError as error:
            fault = fault or error
            if chosen is None:  # The file itself cannot be read: another one is asked for.
                Waiting(house.folder, kind).drop()
            else:
                dataset, looked = await _looked(house, kind, *waiting, {})
    facts = {
        "file": FILES[kind],
        "looked": looked,
        "fields": [(field, LABELS[field]) for field in SHOWN.get(dataset, ())],
        "name": waiting[0] if waiting else "",
        "vat": (chosen or {}).get("vat", "") or starting.vat_for(_settings(house).country, starting.today_of(house)),
        "doubts": [say_to(request).told(one) for one in doubts],
        "brought": brought,
        "count": house.copies.state("items" if kind == "items" else "customers" if kind == "contacts" else "orders").count,
        "fault": fault,
        "here": f"/start/file/{kind}",
        "next": "/start",
    }
    return render(request, "start_file.html.j2", 200 if fault is None else fault.status, **facts)


def _settings(house: Any) -> Any:
    """As they are and as the answers will make them: an export is looked at before the answers are taken up."""
    from dataclasses import replace

    answers = starting.kept_answers(house.folder)
    return replace(read_settings(house.folder), **starting.wished_settings(house.folder, answers))


async def _looked(house: Any, kind: str, name: str, content: bytes, chosen: Mapping[str, str]) -> tuple[str, Any]:
    """The dataset that the file is, and what is in it; beside the loop, for a large file takes seconds."""

    def work() -> tuple[str, Any]:
        dataset = next(iter(house.cloud.sort_contacts(name, content))) if kind == "contacts" else kind
        if dataset not in SHOWN:  # Staff only: there are no columns to choose.
            return dataset, None
        columns = {field: chosen[field] for field in SHOWN[dataset] if field in chosen}
        found = house.cloud.correct(dataset, name, content, columns, {})
        if dataset == "items" and "vat_percent" not in found.columns:
            vat = _percent(chosen.get("vat", "")) or starting.vat_for(_settings(house).country, starting.today_of(house))
            found = house.cloud.correct(dataset, name, content, columns, {"vat_percent": vat} if vat else {})
        return dataset, house.cloud.look_closely(dataset, name, content, found)

    return await asyncio.to_thread(work)


def _percent(text: str) -> str:
    """A percentage that was typed. Raises Rejected."""
    plain = text.strip().rstrip("%").strip().replace(",", ".")
    if plain and (not plain.isascii() or not plain.replace(".", "", 1).isdigit() or float(plain) > 100):
        raise Rejected(why="the VAT is no percentage; write it like 25.5")
    return plain


@post("/start/file/{kind:str}", guards=[access.person], include_in_schema=False, status_code=200, request_max_body_size=UPLOAD_BYTES_MAX)
async def drop_in(request: Ask, kind: str) -> Response[Any]:
    """A file comes; it is looked at and not yet taken."""
    await signed_form(request)
    house, file = request.app.state.house, (await request.form()).get("file")
    if kind not in FILES:
        return Redirect("/start", status_code=303)
    try:
        starting.refuse_other_cloud(house)
        content = await file.read() if isinstance(file, UploadFile) else b""
        if not content:
            raise Rejected(why="no file was chosen, or it is empty")
        if len(content) > UPLOAD_BYTES_MAX:
            raise TooBig(what="The file", limit=f"{UPLOAD_BYTES_MAX // 2**20} MB")
        Waiting(house.folder, kind).put(file.filename or f"{kind}.csv", content)
    except TideoverError as error:
        return await _page(request, kind, error)
    return await _page(request, kind, None)


@post("/start/file/{kind:str}/take", guards=[access.person], include_in_schema=False, status_code=200)
async def take(request: Ask, kind: str) -> Response[Any]:
    """Look again under other columns, take what is shown, or put the file away."""
    caller = await signed_form(request)
    form, house = await form_of(request), request.app.state.house
    waiting = Waiting(house.folder, kind).get() if kind in FILES else None
    if waiting is None or form.get("how") == "away":
        if waiting is not None:
            Waiting(house.folder, kind).drop()
        return Redirect(f"/start/file/{kind}" if kind in FILES else "/start", status_code=303)
    chosen = {name: text[:200] for name, text in form.items() if name in LABELS or name == "vat"}
    if form.get("how") != "take":
        return await _page(request, kind, None, chosen=chosen)
    try:
        return await _take(request, kind, waiting, chosen, caller.name, sure=form.get("sure") == "yes")
    except TideoverError as error:
        return await _page(request, kind, error, chosen=chosen)


async def _take(request: Ask, kind: str, waiting: tuple[str, bytes], chosen: Mapping[str, str], by: str, sure: bool) -> Response[Any]:
    """Into the copies; where it looks like another shop's, only once the person is sure."""
    house, (name, content) = request.app.state.house, waiting
    lay_exports(house)
    brought = []
    for dataset, rows in (house.cloud.sort_contacts(name, content) if kind == "contacts" else {kind: content}).items():
        if dataset not in SHOWN:
            count = starting.take_staff(house, house.cloud.people_in(name, rows), by, house.settings.language)
            brought.append(starting.Brought(dataset, count, {}))
            continue
        _, looked = await _looked(house, dataset, name, rows, chosen)
        if looked.missing:
            return await _page(request, kind, None, chosen=chosen)
        doubts = starting.doubts(house, cast(Dataset, dataset), looked, _settings(house), starting.today_of(house))
        if doubts and not sure:
            return await _page(request, kind, None, doubts=doubts, chosen=chosen)
        brought.append(await starting.bring(house, cast(Dataset, dataset), rows, looked))
    Waiting(house.folder, kind).drop()
    return await _page(request, kind, None, brought=brought)


def lay_exports(house: Any) -> None:
    """A box without a cloud gets its folder for exports at the first one. Raises Misconfigured, FolderUnusable."""
    if house.cloud.folder.path is None:
        folder = house.folder.resolve() / starting.EXPORTS
        starting.settle_settings(house, {"cloud": "assisted", "cloud_url": str(folder)})
        house.cloud.folder.path = folder


ROUTES = (file_page, drop_in, take)
