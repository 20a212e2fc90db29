"""`cchc serve`: it says where the pages are, and what to do when there can be none."""

import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request

import pytest

from etl.errors import UsageError
from etl.stewardship import people
from etl.warehouse import database
from etl.web import serve


def test_the_pages_are_served_until_somebody_stops_them(warehouse_url: str) -> None:
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        people.add(cursor, "lan", "ops", "*", password="một mật khẩu dài", by="test")
    process = subprocess.Popen(
        [sys.executable, "-m", "etl", "serve", "--port", "0"],
        env=os.environ | {"CCHC_WAREHOUSE_URL": warehouse_url},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        said = process.stderr.readline()
        (address,) = re.findall(r"http://127\.0\.0\.1:\d+/", said)
        with urllib.request.urlopen(f"{address}health") as answer:
            assert answer.read() == b"ok\n"
            assert "server" not in answer.headers
        with urllib.request.urlopen(f"{address}users?q=064000000001") as answer:
            assert answer.url.endswith("/login?next=/users")
    finally:
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
    assert (process.returncode, out) == (0, "")
    assert "GET /users 303" in err
    assert "064000000001" not in err


def test_a_port_that_is_taken_is_told() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(UsageError, match=rf"no pages at 127\.0\.0\.1, port {port} .* another port with --port"):
            serve.listen("127.0.0.1", port)
    with pytest.raises(UsageError, match="no pages at no such host"):
        serve.listen("no such host", 0)
