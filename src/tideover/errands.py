"""What single commands do with a data directory: try and store a cloud, close a day. The box does the rest."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import Any

import msgspec

from tideover.app import House, Seams, make_client, open_house
from tideover.connectors import load
from tideover.errors import BoxBusy, CloudSilent, Damaged, ExportNeeded, Rejected, TideoverError, Unavailable, WrongState
from tideover.journal.lock import hold
from tideover.model.facts import LossAccepted
from tideover.model.item import DATASETS
from tideover.rules.calendar import trading_day
from tideover.secret import Secrets
from tideover.settings import Settings, read_settings, write_settings
from tideover.web.tokens import OPERATOR_FILE
from tideover.world import World, real_world

ADDRESS_FILE = "box.url"  # Where a running box listens; it writes this at its start.
CLOUD_LOGIN = "cloud.login"  # Name among the secrets of what `connect` was told.


async def try_cloud(folder: Path, connector: str, answers: dict[str, str]) -> dict[str, Any]:
    """Speak to a cloud with these answers; only if it answers, store them: `url` as a setting, the rest encrypted.

    Raises BoxBusy (stop the box first), LoginRefused, Unavailable, Misconfigured; then everything is as before.
    """
    world, url = real_world(), answers.get("url", "")
    login = {name: value for name, value in answers.items() if name != "url"}
    with ExitStack() as ends:
        ends.enter_context(hold(folder))
        settings = read_settings(folder, cloud=connector, cloud_url=url)
        secrets = Secrets(folder, world)
        ends.callback(secrets.close)
        before = secrets.get(CLOUD_LOGIN)
        if login:
            secrets.put(CLOUD_LOGIN, msgspec.json.encode(login))
        try:
            counts, lacks = await _counts(settings, secrets, world)
        except TideoverError:
            _put_back(secrets, before)
            raise
        write_settings(folder, {"cloud": connector, "cloud_url": url})
    return {"connector": connector, "counts": counts, "lacks": lacks}


async def _counts(settings: Settings, secrets: Secrets, world: World) -> tuple[dict[str, int], list[str]]:
    """How much the cloud has of each dataset that it has at all; and what is not set up there, where a connector can tell."""
    async with make_client(Seams()) as client:
        cloud = load(settings.cloud).connect(settings, secrets, world, client, lambda look: None)
        if cloud.manifest.hands == "interface" and not await cloud.renew_login():
            raise CloudSilent(who=cloud.manifest.title, why="no answer to the log-in")
        counts = {}
        for dataset in DATASETS:
            with suppress(ExportNeeded):  # A person has not brought that export yet; the copies say so, too.
                counts[dataset] = await cloud.count(dataset)
        lacks = await cloud.lacks() if hasattr(cloud, "lacks") else []
    return {name: count for name, count in counts.items() if count is not None}, lacks


def _put_back(secrets: Secrets, before: bytes | None) -> None:
    if before is None:
        secrets.delete(CLOUD_LOGIN)
    else:
        secrets.put(CLOUD_LOGIN, before)


async def accept_loss(folder: Path, by: str, why: str, agrees: Callable[[Damaged], bool]) -> LossAccepted | None:
    """Go on with a journal that others saw longer, if `agrees` says so to what was seen; None: it did not.

    Raises BoxBusy (stop the box first), WrongState (nobody saw it longer), Damaged (the file itself is broken).
    """
    house = open_house(folder, real_world())
    try:
        if house.journal.broken is not None and not agrees(house.journal.broken):
            return None
        return await house.journal.accept_loss(by, why)
    finally:
        await house.shut()


async def close_day(folder: Path, day: str | None, cash_minor: int, card_minor: int, by: str) -> dict[str, Any]:
    """Write down the counts and close the day: through the running box, else by opening the data directory.

    Returns `body` (what was frozen), `view` (the day compared) and `currency`.
    Raises Rejected (not begun, closed already), Unavailable (the box does not answer), Damaged.
    """
    settings = read_settings(folder)
    day = day or trading_day(real_world().now(), settings.time_zone, settings.day_turns_at)
    terminal = settings.card_host or "card terminal"
    try:
        house = open_house(folder, real_world())
    except BoxBusy:
        closed = await _close_through_box(folder, day, cash_minor, card_minor, terminal)
    else:
        closed = await _close_here(house, day, cash_minor, card_minor, terminal, by)
    return {**closed, "currency": settings.currency}


async def _close_here(house: House, day: str, cash_minor: int, card_minor: int, terminal: str, by: str) -> dict[str, Any]:
    try:
        frozen = house.close.closed(day)
        if frozen is not None:
            raise WrongState(what="Closing the day", why=f"{day} was closed as Z {frozen.z_number}")
        await house.counter.count_drawer(cash_minor, by, day)
        await house.counter.batch_total(terminal, card_minor, by, day)
        return msgspec.to_builtins(await house.close.close(day, by))
    finally:
        await house.shut()


async def _close_through_box(folder: Path, day: str, cash_minor: int, card_minor: int, terminal: str) -> dict[str, Any]:
    counts = {"what": "count", "amount_minor": cash_minor, "day": day}
    batch = {"what": "batch", "amount_minor": card_minor, "day": day, "terminal": terminal}
    return await ask_box(folder, ("/v1/drawer", counts), ("/v1/drawer", batch), (f"/v1/day/{day}/close", {}))


async def here_or_box(folder: Path, here: Callable[[House], Awaitable[dict[str, Any]]], path: str, body: dict[str, Any]) -> dict[str, Any]:
    """Do it in the data directory; or, where a box has it open, through that box's API: `body` posted to `path`.

    Raises Rejected (the box said no), Unavailable (it does not answer), and what `here` raises.
    """
    try:
        house = open_house(folder, real_world())
    except BoxBusy:
        return await ask_box(folder, (path, body))
    try:
        return await here(house)
    finally:
        await house.shut()


async def ask_box(folder: Path, *asks: tuple[str, dict[str, Any]]) -> dict[str, Any]:
    """Post each body to its address at the running box, in order; the last answer. Raises Rejected, Unavailable."""
    import httpx

    try:
        address = (folder / ADDRESS_FILE).read_text(encoding="ascii").strip()
        token = (folder / OPERATOR_FILE).read_text(encoding="ascii").strip()
    except OSError as error:
        raise Unavailable(who="The running box", why=f"its {Path(error.filename).name} cannot be read") from error
    headers = {"Authorization": f"Bearer {token}"}
    answer: dict[str, Any] = {}
    async with httpx.AsyncClient(base_url=address, headers=headers, timeout=120) as box:
        try:
            for path, body in asks:
                answer = await _post(box, path, body)
        except httpx.TransportError as error:
            raise Unavailable(who="The running box", why=str(error) or type(error).__name__) from error
    return answer


async def _post(box: Any, path: str, body: dict[str, Any]) -> dict[str, Any]:
    reply = await box.post(path, json=body)
    answer = reply.json()
    if reply.status_code >= 400:
        raise Rejected(why=f"{answer.get('message', reply.status_code)} {answer.get('hint', '')}".strip())
    return answer
