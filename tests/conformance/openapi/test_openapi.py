"""The API as it is described: every route is there, and no bad input makes the box fail."""

import json
import random
from urllib.parse import quote, urlencode

import pytest

from tideover.web.strict import BODY_BYTES_MAX
from unit.web.shop import in_shop
from unit.web.till import Till


@pytest.fixture(scope="module")
def described(tmp_path_factory):
    """The box's own description."""

    async def read(shop):
        return (await shop.client().get("/v1/openapi.json")).json()

    return in_shop(tmp_path_factory.mktemp("described"), read)


def operations(described):
    for path, item in described["paths"].items():
        for method, operation in item.items():
            yield method.upper(), path, operation


def test_every_route_of_the_api_is_described(described, tmp_path):
    """Walked from the router, the entries' own path among them."""

    async def play(shop):
        return {
            (method, route.path_format)
            for route in shop.app.router.routes
            for method in route.methods - {"OPTIONS", "HEAD"}
            if route.path_format.startswith("/v1/") and not route.path_format.startswith("/v1/schema")
        }

    # A pocket kit on a phone speaks plain text to its own path, and gets no answer: no program's business.
    pages = {("GET", "/v1/api"), ("GET", "/v1/openapi.json"), ("POST", "/v1/kit/opened")}
    assert in_shop(tmp_path, play) - pages | {("POST", "/v1/entries"), ("GET", "/healthz")} == {
        (method, path) for method, path, _ in operations(described)
    }


def test_every_operation_says_who_may_call_it_what_it_does_and_how_it_fails(described):
    """A stranger can write a client from the description alone."""
    for method, path, operation in operations(described):
        assert operation["summary"] and operation["x-who"] in {"anyone", "shop", "staff", "machine", "till"}, (method, path)
        fault = operation["responses"]["default"]["content"]["application/json"]["schema"]
        assert "#/components/schemas/Fault" == fault["$ref"], (method, path)
        assert any(code.startswith("2") for code in operation["responses"]), (method, path)


def test_every_name_in_the_description_is_there(described):
    """No reference leads nowhere."""

    def references(value):
        if isinstance(value, dict):
            yield from ([value["$ref"]] if "$ref" in value else [])
            for inner in value.values():
                yield from references(inner)
        elif isinstance(value, list):
            for inner in value:
                yield from references(inner)

    known = described["components"]["schemas"]
    assert set() == {one.rpartition("/")[2] for one in references(described)} - set(known)


def test_the_description_names_nothing_from_elsewhere(described):
    """No script, font or picture of another server."""
    assert "http://" not in json.dumps(described) and "https://" not in json.dumps(described)


ODD = (
    None, True, False, 0, 1, -1, 250, 2**53, -(2**70), 1.5, 1e300,
    "", " ", "x", "ä€😀", "\x00", "'; --", "../..", "9" * 300, [], {}, [[]], {"a": {"b": 1}},
)  # fmt: skip
LIKELY = ("2026-11-20", "2026-W47", "sale", "cash", "EUR", "A-0001", "float", "send_on", "was_booked", "1234", "items", "cloud")
SEGMENTS = (*LIKELY, "01a1f8ef-6140-7242-bdf1-1f8f2b1ac3e6", "..", "%00", "%FF", "ä", "{}", " ", "9" * 300)


class Vandal:
    """Makes requests that come near what the description asks for, so that they get past the first gate."""

    def __init__(self, described, seed: int) -> None:
        self._described, self._chance = described, random.Random(seed)

    def body(self, shape, depth: int = 0):
        """A value for a schema: mostly of its shape, sometimes anything."""
        chance = self._chance
        if depth > 6 or chance.random() < 0.12:
            return chance.choice(ODD)
        if "$ref" in shape:
            return self.body(self._described["components"]["schemas"][shape["$ref"].rpartition("/")[2]], depth + 1)
        for key in ("anyOf", "oneOf"):
            if key in shape:
                return self.body(chance.choice(shape[key]), depth + 1)
        if "enum" in shape:
            return chance.choice(shape["enum"])
        if "properties" in shape:
            dropped = chance.random() < 0.2
            return {name: self.body(one, depth + 1) for name, one in shape["properties"].items() if not (dropped and chance.random() < 0.3)}
        if shape.get("type") == "array":
            return [self.body(shape.get("items", {}), depth + 1) for _ in range(chance.randrange(3))]
        if shape.get("type") == "integer":
            return chance.choice((0, 1, -1, 250, 1000, 25000, 135000, 1_795_177_800_000))
        return chance.choice(LIKELY)

    def request(self, path: str, operation) -> tuple[str, dict[str, str], bytes]:
        """Path, query and body for an operation."""
        while "{" in path:
            path = path[: path.index("{")] + quote(self._chance.choice(SEGMENTS), safe="%") + path[path.index("}") + 1 :]
        query = {one["name"]: str(self._chance.choice(LIKELY + ODD)) for one in operation.get("parameters", ()) if one["in"] == "query"}
        schema = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
        return path, query, json.dumps(self.body(schema or {})).encode()


@pytest.mark.parametrize("seed", range(10))
def test_no_bad_input_makes_the_box_fail(described, tmp_path, seed):
    """Each answer is good, or says code, message and hint; never a fault of ours. The chain stays whole."""
    vandal = Vandal(described, seed)
    left_out = {"/v1/events", "/v1/login", "/v1/pins"}  # The first never ends; the others are slow on purpose, and tested by themselves.

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        machine, good = shop.machine, 0
        for method, path, operation in [one for one in operations(described) if one[1] not in left_out] * 4:
            filled, query, body = vandal.request(path, operation)
            caller = till.client if path == "/v1/entries" else machine
            content = {"content": body, "headers": {"Content-Type": "application/json"}} if method == "POST" else {}
            reply = await caller.request(method, f"{filled}?{urlencode(query)}" if query else filled, **content)
            assert reply.status_code < 500, (method, filled, query, body, reply.text)
            if reply.status_code >= 400:
                assert {"code", "message", "hint"} == set(reply.json()), (method, filled, reply.text)
            good += reply.is_success
        assert good > 20
        assert shop.house.journal.verify_piece(100_000) and shop.house.journal.broken is None

    in_shop(tmp_path, play)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b'{"name": "x", "name": "y"}',
        b'{"name": 1}',
        b'{"name": "x", "more": 1}',
        b'{"name": "\\ud800"}',
        b'{"name": "\xff"}',
        b'{"name": ' + b"[" * 100_000,
        b'{"name": 1e999}',
        b'{"name": NaN}',
        b'{"name": ' + b"9" * 5_000 + b"}",
        b'{"name": ""}',
    ],
)
def test_json_is_read_strictly(tmp_path, body):
    """Each is refused with a reason, whatever the route."""

    async def play(shop):
        reply = await shop.machine.post("/v1/codes", content=body, headers={"Content-Type": "application/json"})
        assert (400, {"code", "message", "hint"}) == (reply.status_code, set(reply.json())), reply.text

    in_shop(tmp_path, play)


def test_a_form_is_no_json(tmp_path):
    """What a foreign page can send without asking (a form, plain text) is refused."""

    async def play(shop):
        for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"):
            reply = await shop.machine.post("/v1/codes", content=b'{"name": "x"}', headers={"Content-Type": kind})
            assert 400 == reply.status_code, (kind, reply.text)

    in_shop(tmp_path, play)


def test_a_body_without_an_end_is_cut_off(tmp_path):
    """A stream that says no length is read to the limit and no further."""
    sent = []

    async def endless():
        for _ in range(2 * BODY_BYTES_MAX // 65_536):
            sent.append(65_536)
            yield b" " * 65_536

    async def play(shop):
        till = await Till(shop, "Till 1").enrol()
        for path in ("/v1/entries", "/v1/enrol"):
            sent.clear()
            reply = await till.client.post(path, content=endless(), headers={"Content-Type": "application/json"})
            assert (413, "too-big") == (reply.status_code, reply.json()["code"])
            assert sum(sent) <= BODY_BYTES_MAX + 2 * 65_536

    in_shop(tmp_path, play)
