"""What is said while it lasts: to customers at the counter, on the phone, on the door and on the web, and to suppliers.

Fits every kind of failure; what is said in one of them stands first on its card. Promises no time that nobody knows.
"""

from __future__ import annotations

from tideover.kit.matter import Matter
from tideover.kit.sheet import Lack, Sheet
from tideover.words import Say, say

PART = dict[str, object]  # {"label", "said": [...], "note"}


def sheets(matter: Matter, language: str) -> list[Sheet | Lack]:
    """Words for customers, words for suppliers, and two signs for the door."""
    told = say(language)
    shop = matter.settings.shop_name or told("our shop")
    where = matter.settings.address
    return [
        _script("script-customers", told("What we say to customers"), _customers(shop, where, told), told),
        _script("script-suppliers", told("What we say to suppliers"), _suppliers(shop, told), told),
        _open_sign(matter, told),
        _closed_sign(where, matter, told),
    ]


def _script(name: str, title: str, parts: list[PART], told: Say) -> Sheet:
    return Sheet(
        kind="script",
        name=name,
        title=title,
        template="script.typ",
        data={"title": title, "hint": told("Read it out as it stands. Where a line is empty, fill in what you know."), "parts": parts},
        language=told.language,
        rows=len(parts),
        pages_max=1,
    )


def _part(label: str, *said: str, note: str = "", aloud: bool = True) -> PART:
    return {"label": label, "said": said, "note": note, "aloud": aloud}


def _customers(shop: str, where: str, told: Say) -> list[PART]:
    reached = told("You reach us here: {what}.", what=where) if where else told("You reach us on this number: ____________.")
    return [
        _part(
            told("At the counter"),
            told("Our systems are down today, but we are open and I can serve you."),
            told("It takes a minute longer. You get a proper receipt, and everything is booked later."),
        ),
        _part(
            told("At the till, before anything is scanned"),
            told("How would you like to pay? These ways work just now: ____________."),
            note=told("Name the ways first. Nobody likes to hear it with the bag packed."),
        ),
        _part(
            told("On the phone"),
            told("{who}, my name is ____________. Our systems are down today, so I cannot look it up.", who=shop),
            told("I write down your name, your number and what you need, and we call you back by ______ o'clock."),
        ),
        _part(
            told("On the answering machine"),
            told("{who}. Our telephone system is disturbed, but the shop is open. {next}", who=shop, next=reached),
        ),
        _part(
            told("On the web page and in messages"),
            told("{who} is open today. Our systems are down, so we write by hand and need a little more time.", who=shop),
            told("Orders and paid goods are safe. {next} The next news stands here at ______ o'clock.", next=reached),
            aloud=False,
        ),
        _part(
            told("When it works again"),
            told("Everything works again, thank you for your patience. If anything on your receipt is not right, come back any time."),
            note=told("We name no time for the repair, blame nobody, and say nothing about what we only guess."),
        ),
    ]


def _suppliers(shop: str, told: Say) -> list[PART]:
    return [
        _part(
            told("By phone, today"),
            told("This is ____________ from {who}, our customer number is ____________.", who=shop),
            told("Our systems are down. Our orders and papers are written by hand today, and they count."),
            told("Please deliver as always, and put a paper delivery note with the goods."),
            note=told("Tick the call on the supplier list, with the name of whoever answered."),
        ),
        _part(
            told("If we order by phone"),
            told("I read the order to you line by line. Please read it back: article, how many, day of delivery."),
            told("Our number for this order is ____________. Which number do you give it?"),
        ),
        _part(
            told("By mail or message"),
            told("Subject: papers by hand from {who} today", who=shop),
            told("Our systems have been down since ______ o'clock. Until further notice our orders are written by hand or given by phone."),
            told("Please confirm each one by phone: ____________. We tell you as soon as we are back to normal."),
            aloud=False,
        ),
        _part(
            told("When it works again"),
            told("We are back to normal. Please send us a list of the orders and deliveries since ____________, so that we compare."),
            note=told("Everybody who was told is told again. Tick them off."),
        ),
    ]


# Signs for the door ---------------------------------------------------------------------------------


def _open_sign(matter: Matter, told: Say) -> Sheet:
    ways = (told("Cash"), told("Card"), told("Mobile pay"), told("Bank transfer"), told("Invoice"))
    machine = next((one for one in matter.things if "cash-machine" in one.can and one.count > 0), None)
    place = (machine.place or machine.name) if machine else "_" * 16
    return _sign(
        "sign-open",
        told("We are open"),
        [told("Our systems are down, so it takes a little longer today."), told("You get a receipt, and we look after you.")],
        told,
        ticks=ways,
        label=told("You can pay by"),
        lines=[told("Nearest cash machine: {what}", what=place)],
        end=_thanks(matter, told),
    )


def _closed_sign(where: str, matter: Matter, told: Say) -> Sheet:
    return _sign(
        "sign-closed",
        told("Closed for now"),
        [told("We are sorry: we cannot open at the moment."), told("Orders and paid goods are safe.")],
        told,
        blanks=[told("We open again:"), told("You reach us on:")],
        lines=[where] if where else [],
        end=_thanks(matter, told),
    )


def _thanks(matter: Matter, told: Say) -> str:
    return f"{told('Thank you for your patience.')} {matter.settings.shop_name}".strip()


def _sign(name: str, title: str, said: list[str], told: Say, **data: object) -> Sheet:
    values = {"title": title, "said": said, "ticks": (), "label": "", "lines": [], "blanks": [], **data}
    return Sheet(kind="script", name=name, title=title, template="sign.typ", data=values, language=told.language, rows=1, pages_max=1)
