"""Every setting: name with its unit, default, limits, help; read once from tideover.toml, then frozen.

Never holds a secret: those stand encrypted in secrets.db. `docs/settings.md` is generated from here.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from tideover.disk import write_whole
from tideover.errors import Misconfigured


def setting(default: Any, help: str, low: float | None = None, high: float | None = None, form: str = "") -> Any:
    """A field of Settings with its help text and limits (inclusive); form: the regular expression that a text must fit whole."""
    return field(default=default, metadata={"help": help, "low": low, "high": high, "form": form})


HOUR = "([01][0-9]|2[0-3]):[0-5][0-9]"


@dataclass(frozen=True, slots=True)
class Settings:
    """What an owner may set. One field per setting; the comment a reader needs is its help."""

    shop_name: str = setting("The shop", "Name on receipts and reports.")
    business_id: str = setting("", "Business id (y-tunnus, VAT number, ABN) for receipts.")
    address: str = setting("", "Street address and phone for receipts.")
    country: str = setting("FI", "Country whose law page and VAT rates apply: FI, GB or AU.", form="[A-Z]{2}")
    currency: str = setting("EUR", "Three-letter currency of every price.", form="[A-Z]{3}")
    time_zone: str = setting("Europe/Helsinki", "The shop's zone; the trading day follows it.")
    language: str = setting("en", "Language of pages and reports: en or fi.", form="en|fi")
    prices_include_vat: bool = setting(True, "True where shelf prices include VAT.")
    cash_rounding_minor: int = setting(5, "Cash totals are rounded to this many cents; 1 for none.", 1, 100)
    day_turns_at: str = setting("04:00", "Local time at which a new trading day begins.", form=HOUR)

    cloud: str = setting("", "Connector of the shop's cloud: practice, assisted … Empty until 'tideover connect'.")
    cloud_url: str = setting("", "Address of the cloud's interface.")
    cloud_page: str = setting("", "Address of the page where people work in a cloud without an interface; only looked at.")
    cloud_timeout_s: float = setting(10.0, "A call to the cloud that takes longer counts as silent.", 0.5, 120)
    card_host: str = setting("", "Name of the card terminal's service; as HOST:PORT it is looked at, too.")
    anchors: tuple[str, ...] = setting(
        (), "Internet addresses (HOST:PORT), three of different operators: they tell our line from their cloud."
    )
    link_address: str = setting("", "The shop's router (HOST:PORT), to tell 'our network' from 'our line'.")
    lan_device: str = setting("", "Network device of this machine's port in the shop, where it routes for the shop; its cable is watched.")
    lines: tuple[str, ...] = setting(
        (),
        "Lines to the internet, the usual one first: 'NAME device=X gateway=IP dns=IP,IP carrier=WHO interface=WAN metered allowance_mb=N "
        "cycle_day=D'; interface is its name at the shop's router.",
    )
    public_dns: tuple[str, ...] = setting((), "Public name servers (addresses) to compare the provider's with.")
    proof_page: str = setting(
        "", "Page (https) that only the real internet shows; it must hold proof_text. Tells a captive portal or an unpaid bill."
    )
    proof_text: str = setting("", "Words that stand on proof_page.")
    sip_server: str = setting("", "Telephone exchange of the shop's internet phones (HOST:PORT); empty for none.")
    ups: str = setting("", "Battery of this machine, as NUT knows it: NAME@HOST or NAME@HOST:PORT; empty for none.")
    vendor: str = setting("", "Brand of the cloud till, as docs/vendors names it: what its own offline mode can do.")

    line_clean_s: float = setting(600.0, "How long the usual line must be clean before the shop goes back to it.", 10, 86_400)
    resolver_file: str = setting(
        "", "File of the name servers that the shop asks (like resolv.conf), if the box may write it when it moves lines; empty: never."
    )
    needed_hosts: tuple[str, ...] = setting(
        (),
        "What the shop needs beside cloud, card host and phones when a metered line's allowance is used up: names, addresses, networks "
        "(10.0.0.0/24). A cloud till often fetches from a second name.",
    )
    rush: tuple[str, ...] = setting((), "Times in which nothing goes back by itself: 'Fri 15:00-18:00'.")
    router: str = setting(
        "", "The shop's router, if the box may ask or move it: 'openwrt:http://ADDRESS'. The password: 'tideover switch password router'."
    )
    router_user: str = setting("", "Name under which the box logs in at the router.")
    pbx: str = setting("", "The shop's telephone system: 'ami:HOST:5038' (Asterisk, FreePBX); empty for none.")
    pbx_user: str = setting("", "Name under which the box logs in at the telephone system.")
    pbx_extension: str = setting("", "Extension whose calls are diverted.", form="[A-Za-z0-9_-]{0,40}")
    modem: str = setting("", "Serial device of a mobile modem, for diversions and text messages: /dev/ttyUSB2 or COM3.")
    phone_kind: str = setting(
        "",
        "Kind of the shop's phone line: mobile, fixed, sip-portal, pbx; which code or portal the card shows.",
        form="|mobile|fixed|sip-portal|pbx",
    )
    phone_portal: str = setting("", "Address of the carrier's page where calls are diverted.")
    divert_to: str = setting("", "Number that takes the shop's calls when its phones are dead.", form=r"\+?[0-9 ]{0,20}")
    ups_stop_s: int = setting(180, "The box stops in good order when the battery gives less than this.", 30, 3_600)
    notices_to: tuple[str, ...] = setting((), "Who hears of a failure: e-mail addresses, and numbers for text messages.")
    heartbeat_url: str = setting(
        "", "Address (https) outside the shop that the box calls while it is well; it speaks up when the calls stop."
    )
    heartbeat_s: int = setting(300, "Pause between two of these calls.", 30, 86_400)
    mail_domain: str = setting("", "The shop's own mail domain: the check tells whether somebody holds its mail while the shop is away.")

    tolerable_s: int = setting(1800, "How long the cloud may be away before the fallback opens by itself.", 0, 86_400)
    confirm_s: int = setting(120, "How long one cause must stand, on two kinds of evidence, before the fallback opens.", 10, 7_200)
    clean_s: int = setting(300, "How long the cloud must be up before the way back begins.", 10, 86_400)
    same_outage_s: int = setting(3600, "A failure within this time before closing belongs to the same outage.", 0, 86_400)
    back_by_itself: bool = setting(True, "True where tills go back to the cloud as soon as the way back begins; else a person says so.")
    watch_s: float = setting(5.0, "Pause between two looks.", 0.5, 300)
    replicate_s: int = setting(600, "Pause between two pulls of each copy.", 5, 86_400)
    full_pull_at: str = setting("03:00", "Local time of the nightly full count and hash of every copy.", form=HOUR)
    recover_s: float = setting(5.0, "Pause of the outbox when nothing is due.", 0.2, 300)
    heads_folder: str = setting("", "A second folder that keeps the journal's heads as a witness: a stick, another disk; empty for none.")
    owner: str = setting("owner", "Who owns what no one else owns: parked records, findings.")
    discount_limit_ppm: int = setting(100_000, "Discount a cashier may give without a grant, in millionths (100000 = 10 %).", 0, 1_000_000)
    refund_limit_minor: int = setting(10_000, "Refund in cents a cashier may give without a grant.", 0, 100_000_000)
    slips_keyed_twice: bool = setting(False, "True where a second person keys every paper slip again, to compare.")

    printer: str = setting("", "Printer for the kit's papers: a name that 'lpstat -e' lists, or folder:PATH; empty where a person prints.")
    print_again_s: int = setting(3600, "Shortest time between two printings of the same paper by itself.", 0, 604_800)
    receipt_printer: str = setting("", "Receipt printer: tcp://HOST:9100, usb:/dev/usb/lp0 or cups:NAME; empty for none.")
    receipt_profile: str = setting("generic-80", "Its make: epson-80, epson-80-42, epson-58, generic-80, generic-58, blind-80 or blind-58.")
    receipt_office: bool = setting(True, "True where receipts go to the kit's printer when the receipt printer does not print.")
    receipt_drawer: bool = setting(True, "True where the receipt printer opens the cash drawer when cash changes hands.")
    mail_server: str = setting("", "Mail server for receipts by e-mail (HOST:PORT); empty for none. The password: 'tideover mail'.")
    mail_security: str = setting("starttls", "How the mail server is spoken to: starttls, tls or none.", form="starttls|tls|none")
    mail_user: str = setting("", "Name under which the box logs in at the mail server; empty for no log-in.")
    mail_from: str = setting("", "The shop's own address, from which receipts are sent.")

    bind: str = setting("127.0.0.1", "Address the box listens on.")
    port: int = setting(8787, "Port the box listens on.", 0, 65_535)
    is_practice: bool = setting(False, "True only in the folder of a practice box, which says PRACTICE on every page; set by the program.")
    tls_certificate: str = setting("", "Certificate file (PEM with its chain) for https; empty for the box's own from 'tideover tls make'.")
    tls_key: str = setting("", "Key file (PEM) that goes with tls_certificate.")
    tls_port: int = setting(8443, "Port for https, where the box has a certificate.", 0, 65_535)
    host_names: tuple[str, ...] = setting((), "Names under which the box may be reached, besides localhost and its addresses.")


FILE = "tideover.toml"


def read_settings(folder: Path, **overrides: Any) -> Settings:
    """The settings of a data directory; a missing file means the defaults.

    overrides: values that stand above the file (command line, tests).
    Raises Misconfigured, naming the setting and its limits.
    """
    path = folder / FILE
    given: dict[str, Any] = {}
    if path.exists():
        try:
            given = tomllib.loads(path.read_text(encoding="utf-8"))
        except OSError as error:
            raise Misconfigured(setting="(the whole file)", why=error.strerror, file=path) from error
        except (ValueError, RecursionError) as error:  # No TOML, or no text, or lists in lists without end.
            raise Misconfigured(setting="(the whole file)", why=str(error), file=path) from error
    given.update(overrides)
    known = {one.name: one for one in fields(Settings)}
    for name, value in given.items():
        if name not in known:
            raise Misconfigured(setting=name, why="there is no such setting", file=path)
        given[name] = _checked(name, value, known[name], path)
    return Settings(**given)


def _given(path: Path) -> dict[str, Any]:
    """What stands in the file; nothing where there is none."""
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Misconfigured(setting="(the whole file)", why=error.strerror, file=path) from error
    except ValueError as error:  # No TOML, or no text.
        raise Misconfigured(setting="(the whole file)", why=str(error), file=path) from error


def _checked(name: str, value: Any, one: Any, path: Path) -> Any:
    default = one.default
    if isinstance(default, tuple) and isinstance(value, list):
        value = tuple(value)
    if isinstance(default, float) and type(value) is int and abs(value) <= 2**53:  # A larger one may be no float at all.
        value = float(value)
    if type(value) is not type(default):
        raise Misconfigured(setting=name, why=f"it must be a {type(default).__name__}, like {default!r}", file=path)
    if isinstance(value, tuple) and not all(isinstance(part, str) for part in value):
        raise Misconfigured(setting=name, why="each of its parts must be a text in quotes", file=path)
    low, high, form = one.metadata["low"], one.metadata["high"], one.metadata["form"]
    if form and not re.fullmatch(form, value):
        raise Misconfigured(setting=name, why=f"{value!r} is not of its kind, like {default!r}", file=path)
    if (low is not None and not value >= low) or (high is not None and not value <= high):  # So that nan is outside.
        raise Misconfigured(setting=name, why=f"{value} is outside {low} to {high}", file=path)
    return value


def write_settings(folder: Path, changes: dict[str, Any]) -> None:
    """Add or replace settings in the data directory's file, keeping the others; checks before it writes.

    Raises Misconfigured, FolderUnusable; then the file is as before.
    """
    read_settings(folder, **changes)
    path = folder / FILE
    given = _given(path)
    given.update(changes)
    text = "".join(f"{name} = {_toml(value)}\n" for name, value in sorted(given.items()))
    write_whole(path, text.encode("utf-8"))


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(one) for one in value) + "]"
    escaped = "".join(f"\\u{ord(c):04x}" if ord(c) < 32 or c in '"\\' else c for c in str(value))
    return f'"{escaped}"'
