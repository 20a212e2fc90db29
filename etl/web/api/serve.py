"""`cchc serve --api`: the API alone, in a process of its own, with a login of its own if it has one."""

import logging
from contextlib import suppress

import psycopg2
import uvicorn

from etl.errors import SetupError
from etl.warehouse import database
from etl.web import serve
from etl.web.api import app
from etl.web.api.asking import Warehouse

log = logging.getLogger(__name__)


def run(url: str, *, secret: bytes | None, a_minute: int | None, host: str, port: int, https: bool) -> None:
    """Serve the API until somebody stops the process.

    Raises: SetupError if this login cannot answer for keys; UsageError if the port is not to be had.
    """
    check(url)
    with serve.listen(host, port) as listening:
        made = app.create(Warehouse(url), secret=secret, a_minute=a_minute or app.REQUESTS_A_MINUTE)
        address = f"http://{f'[{host}]' if ':' in host else host}:{listening.getsockname()[1]}/"
        log.info("the API is at %s; Ctrl+C stops it", address)
        if host not in serve.LOOPBACK and not https:
            log.warning("keys travel openly to %s: put a proxy that ends TLS in front, and say --https", address)
        # the app writes its own line for each request; the address that a proxy tells is where wrong keys come from
        configured = uvicorn.Config(
            made, log_config=None, access_log=False, proxy_headers=https, server_header=False, lifespan="off"
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(configured).run(sockets=[listening])


def check(url: str) -> None:
    """Raises: SetupError if the login may not ask whose a key is, or the warehouse has no keys yet."""
    try:
        with database.transaction(url) as connection, connection.cursor() as cursor:
            cursor.execute("select session_user, has_schema_privilege(session_user, 'landing', 'usage')")
            login, may_read_tables = cursor.fetchone()
            cursor.execute("select from access.admit('')")
    except psycopg2.errors.InsufficientPrivilege:
        raise SetupError(
            "the login of CCHC_API_WAREHOUSE_URL may not answer for keys: it has to be a member of cchc_api and of"
            " nothing else (ops/create-databases makes it)."
        ) from None
    except (psycopg2.errors.InvalidSchemaName, psycopg2.errors.UndefinedFunction):
        raise SetupError("the warehouse is not up to date: run any command of cchc against it, then this.") from None
    if may_read_tables:
        log.warning(
            "the API is logged in as %s, who may read all tables: CCHC_API_WAREHOUSE_URL gives it a login that may not",
            login,
        )
