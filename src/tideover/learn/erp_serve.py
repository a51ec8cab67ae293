"""Tryton's own server as a program of a rehearsal: one loopback port, one ready line, an end with its parent.

    python -m tideover.learn.erp_serve --config FILE [--port N] [--with-parent]

What answers is Tryton itself, untouched; only `/till/` is the shop's own till (erp_till), in the same process.
"""

from __future__ import annotations

import argparse
import signal
import sys
import threading
from typing import Any

from trytond import config as trytond_config
from werkzeug.serving import WSGIRequestHandler, make_server

from tideover.learn.erp_shape import DATABASE

LOOPBACK = "127.0.0.1"
READ_BYTES = 4096


class Handler(WSGIRequestHandler):
    """Connections stay open between calls, and nobody writes a line per call."""

    protocol_version = "HTTP/1.1"
    timeout = 60  # Seconds that an idle connection is kept.

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """The rehearsal's own picture shows what happened."""


def main(arguments: list[str] | None = None) -> None:
    """Serves until told to end."""
    parser = argparse.ArgumentParser(prog="python -m tideover.learn.erp_serve", description="A rehearsal's Tryton, on this machine only.")
    parser.add_argument("--config", required=True)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--with-parent", action="store_true", help="end when standard input ends")
    given = parser.parse_args(arguments)
    trytond_config.update_etc(given.config)
    from trytond.application import app  # Reads the configuration when it is imported.
    from trytond.pool import Pool

    Pool(DATABASE).init()
    server = make_server(LOOPBACK, given.port, with_till(app), threaded=True, request_handler=Handler)
    server.daemon_threads = True

    def end(*_: object) -> None:
        threading.Thread(target=server.shutdown, daemon=True).start()

    for one in (signal.SIGTERM, signal.SIGINT):
        signal.signal(one, end)
    if given.with_parent:
        threading.Thread(target=_with_parent, args=(end,), daemon=True).start()
    sys.stdout.write(f'{{"port": {server.server_port}}}\n')
    sys.stdout.flush()
    server.serve_forever()
    server.server_close()


def with_till(app: Any) -> Any:
    """Tryton, and beside it the till; one request after the other.

    With SQLite Tryton reads before its transaction begins, and its locks on records do nothing: two invoices posted at
    the same time get the same number, or stand posted on a draft move. With PostgreSQL they wait for each other.
    """
    from tideover.learn.erp_till import Till

    till, one_at_a_time = Till(), threading.Lock()

    def serve(environ: dict[str, Any], start_response: Any) -> Any:
        path = environ["PATH_INFO"]
        if not path.startswith("/till/"):
            with one_at_a_time:
                return app(environ, start_response)
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with one_at_a_time:
            status, kind, answer = till.answer(environ["REQUEST_METHOD"], path, environ["QUERY_STRING"], body)
        start_response(status, [("Content-Type", kind), ("Content-Length", str(len(answer)))])
        return [answer]

    return serve


def _with_parent(end: object) -> None:
    while sys.stdin.buffer.raw.read(READ_BYTES):  # type: ignore[attr-defined]
        pass
    end()  # type: ignore[operator]


if __name__ == "__main__":
    main()
