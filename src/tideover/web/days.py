"""Trading days and weeks: how a day stands, closing it, the week's sum. What is open is named, never hidden."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Request, get, post
from litestar.params import Parameter

from tideover.recover.close import Closing, DayView
from tideover.recover.week import Week
from tideover.web import access
from tideover.web.language import retold, say_to

Ask = Request[Any, Any, Any]
Day = Annotated[str, Parameter(pattern=r"^\d{4}-\d{2}-\d{2}$")]
WeekName = Annotated[str, Parameter(pattern=r"^\d{4}-W\d{2}$")]


@get("/day/{day:str}", guards=[access.staff], summary="How a trading day stands: journal, cloud, drawer and terminal compared")
async def look(request: Ask, day: Day) -> DayView:
    return retold(await request.app.state.house.close.look(day), say_to(request))


@post("/day/{day:str}/close", guards=[access.staff], status_code=200, summary="Close a trading day; what is open is named")
async def close(request: Ask, day: Day) -> Closing:
    return retold(await request.app.state.house.close.close(day, access.of(request).name), say_to(request))


@get("/week/{week:str}", guards=[access.staff], summary="A week: the sum of its days and what is still open", sync_to_thread=False)
def week(request: Ask, week: WeekName) -> Week:
    return retold(request.app.state.house.close.week(week), say_to(request))


ROUTES = (look, close, week)
