"""Runs of playbooks for screens that stay open: which there are, and how far each has come."""

from __future__ import annotations

from typing import Any

from litestar import Request, get
from msgspec import Struct

from tideover.activate import steps
from tideover.activate.steps import Run
from tideover.web import access

Ask = Request[Any, Any, Any]
LISTED_MAX = 100


class RunNow(Struct, frozen=True):
    """A run."""

    id: str
    playbook: str
    language: str
    revision: str
    content: str  # SHA-256 of its wording.
    started_at: int  # UTC ms.
    by: str
    reader: str
    outage: str | None
    steps: int  # Of the card; the two sentences come before them as step 0.
    step: int | None  # In turn; null: all are over.
    way: int | None
    since: int  # UTC ms, of the step in turn.
    said: int  # How much was said so far: grows with every word.
    ended: str | None  # "finished", "left".


def run_now(run: Run) -> RunNow:
    place = steps.next_step(run)
    return RunNow(
        id=run.id,
        playbook=run.playbook,
        language=run.language,
        revision=run.revision,
        content=run.content,
        started_at=run.started_ms,
        by=run.by,
        reader=run.reader,
        outage=run.outage,
        steps=run.steps,
        step=place.step if place else None,
        way=place.way if place else None,
        since=run.since_ms,
        said=len(run.words),
        ended=run.ended.how if run.ended else None,
    )


@get("/runs", guards=[access.staff], summary="Runs of playbooks, the newest first")
async def runs(request: Ask) -> list[RunNow]:
    return [run_now(one) for one in request.app.state.house.runs.all()[:LISTED_MAX]]


@get("/runs/{id:str}", guards=[access.staff], summary="How far a run has come")
async def run_of(request: Ask, id: str) -> RunNow:
    return run_now(request.app.state.house.runs.run(id))


ROUTES = (runs, run_of)
