"""A till's connection: uvicorn's own, with a short way for the one request that comes by the thousand.

A till sends its sales with the same head each time. The full parser reads that head once; from then on the same bytes
mean the same, so a request with exactly that head, whole in one piece, goes to the intake without being parsed again.
Whatever differs by a single byte, or comes in pieces, takes the full parser. Nothing is decided here: name, token and
entries are checked by the gate and the intake, each time.
"""

from __future__ import annotations

from typing import Any

from uvicorn.protocols.http.httptools_impl import STATUS_LINE, HttpToolsProtocol

from tideover.web.gate import SAFE_HEADERS, Gate
from tideover.web.intake import CONTENT_TYPE, PATH, Caller

START = f"POST {PATH} HTTP/1.1\r\n".encode()
END = b"\r\n\r\n"
HEAD_BYTES_MAX = 2_048  # A longer head is not kept.
HEADS_MAX = 16  # Of one connection: a till's heads differ only in their content-length.
ODD = frozenset({b"transfer-encoding", b"expect", b"upgrade", b"te", b"trailer"})  # Whoever sends these wants more.
SAFE = b"".join(b"%b: %b\r\n" % pair for pair in SAFE_HEADERS)


class Door(HttpToolsProtocol):
    """One connection."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self._gate: Gate = self.config.app  # type: ignore[assignment]
        self._heads: dict[bytes, tuple[Caller, int]] = {}  # As the full parser read them, with the length of their body.
        self._begun = 0  # Requests that the full parser began to read …
        self._read = 0  # … and those it read to their end.
        self._is_asking = False  # A request that came the short way waits for its answer.
        self._was_asked = False  # One did since the line was last looked at for idleness.
        self._is_ending = False  # The box stops: this answer is the last one.
        self._held = b""  # What came meanwhile.

    def data_received(self, data: bytes) -> None:
        if self._is_asking:
            self._held += data
            self.flow.pause_reading()
            return
        is_idle = self._begun == self._read and (self.cycle is None or self.cycle.response_complete)
        if not is_idle or not data.startswith(START):
            super().data_received(data)
            return
        end = data.find(END)
        known = self._heads.get(data[:end])
        if known is not None and len(data) == end + len(END) + known[1]:
            self._ask(known[0], data[end + len(END) :])
            return
        super().data_received(data)
        if 0 < end <= HEAD_BYTES_MAX and self._begun == self._read:
            self._remember(data, end)

    def _remember(self, data: bytes, end: int) -> None:
        """The request just read was all of `data`: its head is known from now on, if it is as plain as a till's.

        Where two came together the lengths do not fit, and where the line is to be closed no more will come.
        """
        fields = [name for name, _ in self.headers]
        if len(self._heads) >= HEADS_MAX or fields.count(b"content-length") != 1 or not ODD.isdisjoint(fields):
            return
        length, caller = int(dict(self.headers)[b"content-length"]), self._gate.caller_of(self.scope)
        if caller is not None and len(data) == end + len(END) + length:
            self._heads[data[:end]] = (caller, length)

    def _ask(self, caller: Caller, body: bytes) -> None:
        self._is_asking = self._was_asked = True
        task = self.loop.create_task(self._answer(caller, body))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _answer(self, caller: Caller, body: bytes) -> None:
        told = b""
        try:
            told = self._in_full(*await self._gate.answer(caller, body))
            if self.flow.write_paused:
                await self.flow.drain()
        finally:
            self._is_asking = False
            if not self.transport.is_closing():
                self.transport.write(told)
            if self._is_ending or not told:
                self.transport.close()
        held, self._held = self._held, b""
        if held and not self.transport.is_closing():
            self.flow.resume_reading()
            self.data_received(held)

    def _in_full(self, status: int, body: bytes) -> bytes:
        """The whole answer in one piece, byte for byte as it comes the long way."""
        default = b"".join(b"%b: %b\r\n" % pair for pair in self.server_state.default_headers)
        own = b"content-type: %b\r\ncontent-length: %d\r\n" % (CONTENT_TYPE, len(body))
        last = b"connection: close\r\n" if self._is_ending else b""
        return b"".join((STATUS_LINE[status], default, own, SAFE, last, b"\r\n", body))

    # What uvicorn asks --------------------------------------------------------------------------

    def on_message_begin(self) -> None:
        self._begun += 1
        super().on_message_begin()

    def on_message_complete(self) -> None:
        self._read += 1
        super().on_message_complete()

    def shutdown(self) -> None:
        """The box stops; a request under way gets its answer."""
        if self._is_asking:
            self._is_ending = True
        else:
            super().shutdown()

    def timeout_keep_alive_handler(self) -> None:
        """Nothing came the long way for a while: close, unless the short way is in use."""
        if self._was_asked or self._is_asking:
            self._was_asked = False
            self.timeout_keep_alive_task = self.loop.call_later(self.timeout_keep_alive, self.timeout_keep_alive_handler)
        else:
            super().timeout_keep_alive_handler()
