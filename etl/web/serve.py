"""`cchc serve`: the pages alone, with users of their own."""

import logging
import socket
from contextlib import suppress

import uvicorn

from etl.errors import UsageError
from etl.settings import Settings
from etl.stewardship import people
from etl.warehouse import database
from etl.web import app
from etl.web.access import Warehouse

log = logging.getLogger(__name__)
LOOPBACK = ("127.0.0.1", "::1", "localhost")


def run(settings: Settings, url: str, *, host: str, port: int, https: bool) -> None:
    """Serve the pages until somebody stops the process.

    Raises: UsageError if nobody could log in, or the port is not to be had.
    """
    with database.transaction(url) as connection, connection.cursor() as cursor:
        if not people.may_anybody_log_in(cursor):
            raise UsageError(
                "nobody has a password yet: make the first account, e.g. cchc users add lan ops '*', and serve again."
            )
    with listen(host, port) as listening:
        here = Warehouse(settings, url)
        pages = app.create(lambda: here, https=https)
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
        log.info("the pages are at %s; Ctrl+C stops them", address)
        if host not in LOOPBACK and not https:
            log.warning("passwords travel openly to %s: put a proxy that ends TLS in front, and say --https", address)
        # what people looked for stands in addresses: the app writes its own line for each request. No header of a
        # proxy is believed.
        configured = uvicorn.Config(
            pages, log_config=None, access_log=False, proxy_headers=False, server_header=False, lifespan="off"
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(configured).run(sockets=[listening])


def listen(host: str, port: int) -> socket.socket:
    """A socket that listens there.

    Raises: UsageError if the port is taken, or this user or machine may not have it.
    """
    try:
        return socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
    except OSError as error:
        raise UsageError(
            f"no pages at {host}, port {port} ({error.strerror}): give another port with --port, or stop what is there."
        ) from None
