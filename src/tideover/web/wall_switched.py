"""What went away, came back, was moved or was tried, as one calm sentence of the log. Changes nothing."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from tideover.detect.cause import CAUSES
from tideover.web.service_words import name_of
from tideover.words import Say

SWITCHES = {"lines": "the internet lines", "router": "the shop's router", "pbx": "the telephone exchange", "modem": "the mobile modem"}
BY_POWER = "power"  # What the battery's monitor says tells more than the word that the power went away.
MOVES = {
    "engaged": "Moved: {what}, now on {place}.",
    "restored": "Moved back: {what}, now on {place}.",
    "rolled-back": "Tried and put back as it was: {what}.",
    "refused": "Not moved: {what}.",
    "failed": "The move did not work: {what}.",
    "healed": "Put in order after an interruption: {what}.",
}
POWERS = {
    "mains": "The mains power is there.",
    "battery": "The mains power is off; the battery carries.",
    "low": "The battery is nearly empty.",
    "stopping": "The box stops in good order before the battery is empty.",
    "unknown": "Nobody can tell how the power is.",
}


def _away(body: Any, say: Say) -> str:
    if body.service == BY_POWER:
        return ""
    words = [say("Went away: {what}.", what=name_of(body.service, say))]
    if body.cause in CAUSES and body.cause not in ("none", "not-known", "told-by-person"):
        words.append(say(CAUSES[body.cause].meaning))
    if body.noticed_by:
        words.append(say("Noticed by {who}.", who=body.noticed_by))
    return " ".join(words)


def _back(body: Any, say: Say) -> str:
    if body.service == BY_POWER:
        return ""
    said = say("Came back: {what}, after {time}.", what=name_of(body.service, say), time=say.age(body.lasted_s))
    if isinstance(body.unseen_s, int):
        said += " " + say("Nobody looked for {time} of it.", time=say.age(body.unseen_s))
    return said


def _armed(body: Any, say: Say) -> str:
    said = "May move by itself now: {what}." if body.is_on else "Moves by itself no more: {what}."
    return say(said, what=_switch(body.switch, say)) + (f" {say.told(body.why)}" if body.why else "")


def _switched(body: Any, say: Say) -> str:
    if body.what not in MOVES:
        return ""
    said = say(MOVES[body.what], what=_switch(body.switch, say), place=body.target or body.read_back or "–")
    return said + (f" {say.told(body.why)}" if body.why else "")


def _switch(name: str, say: Say) -> str:
    return say(SWITCHES.get(name, name))


def _line(body: Any, say: Say) -> str:
    said = "Tried: line {name} carries." if body.works else "Tried: line {name} does not carry."
    return say(said, name=body.line) + (f" {say.told(body.text)}" if body.text else "")


def _device(body: Any, say: Say) -> str:
    said = "Tried: {what} works as a spare." if body.works else "Tried: {what} does not work as a spare."
    return say(said, what=body.thing) + (f" {body.note}" if body.note else "")


def _power(body: Any, say: Say) -> str:
    said = say(POWERS[body.state])
    if body.state in ("battery", "low") and body.left_s is not None:
        said += " " + say("It lasts for about {time}.", time=say.age(body.left_s))
    return said


def _call(body: Any, say: Say) -> str:
    if not body.works:
        said = say("A test call was not answered.")
    elif body.answered_by:
        said = say("A test call was answered by {who}.", who=body.answered_by)
    else:
        said = say("A test call was answered.")
    return said + (f" {body.note}" if body.note else "")


TELLERS: Mapping[str, Callable[[Any, Say], str]] = {
    "service_away": _away,
    "service_back": _back,
    "armed": _armed,
    "switched": _switched,
    "line_proved": _line,
    "device_proved": _device,
    "power": _power,
    "call_tested": _call,
}
