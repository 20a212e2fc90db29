"""The message of a night: what it tells, what it never tells, and that it arrives, signed, once."""

import email
import email.policy
import hashlib
import hmac
import json
import socketserver
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from etl import settings
from etl.cli import run as cchc
from etl.errors import SetupError
from etl.nightly import notices
from etl.nightly.notices import Message
from etl.periods import LOCAL
from etl.warehouse import database
from tests.tables import cells

NOW = datetime(2021, 12, 16, 6, 0, tzinfo=LOCAL)  # a Thursday
SECRET = b"0123456789abcdef"


def files(url: str, drawn: str) -> None:
    """Receipts, drawn as a table; what is not drawn is plain."""
    plain = {"source": "x", "path": "p", "sha256": "s", "bytes": "1", "modified_ns": "1", "archived_as": "a"}
    headers, *rows = cells(drawn)
    with database.transaction(url) as connection, connection.cursor() as cursor:
        for row in rows:
            given = plain | {h: v for h, v in zip(headers, row, strict=True) if v != "-"}
            cursor.execute(
                f"insert into landing.file ({', '.join(given)}) values ({', '.join(['%s'] * len(given))})",
                list(given.values()),
            )


NOBODY = settings.Notice()


def told(url: str, now: datetime = NOW, to: settings.Notice = NOBODY, **more: object) -> Message:
    return notices.of_the_night(url, to, ceiling=Decimal(5), now=now, **more)


BAD_NIGHT = """
    export                | sender           | delivered_on | landed_at        | status               | rule_id | rows_read | rows_loaded | rows_quarantined | message
    one_stop_shop/dossiers| duc-co           | 2021-12-16   | 2021-12-16 01:30 | accepted             | -       | 100       | 100         | 0                | Đã nạp đủ các dòng.
    one_stop_shop/dossiers| chu-prong        | 2021-12-16   | 2021-12-16 01:30 | accepted_with_errors | -       | 100       | 60          | 40               | Có 40 dòng lỗi.
    hr/staff              | duc-co           | 2021-12-16   | 2021-12-16 01:00 | rejected             | FIL-04  | 0         | 0           | 0                | Cột chưa được khai báo: «Nguyễn Văn A», «Mã CBCCVC». Hãy bỏ cột khỏi tệp.
    hr/staff              | ia-grai          | 2021-12-16   | 2021-12-16 01:00 | held                 | FIL-06  | 0         | 0           | 0                | Tệp chỉ có 1 dòng. Cần người xác nhận.
    hr/quotas             | duc-co           | 2021-12-10   | 2021-12-10 01:00 | landed               | -       | 0         | 0           | 0                | Chờ tệp số 4 của cùng nơi gửi.
    hr/unit               | 0••••4#e60e72c2  | 2021-12-16   | 2021-12-16 01:00 | rejected             | -       | 0         | 0           | 0                | Không có loại dữ liệu 'hr/unit', gọi 0912.345.678. Các loại đã khai báo: hr/units.
    hr/units              | duc-co           | 2021-12-16   | 2021-12-16 01:00 | duplicate            | -       | 0         | 0           | 0                | Tệp này trùng.
    one_stop_shop/dossiers| ia-pa            | 2021-12-14   | 2021-12-14 01:30 | accepted             | -       | 7         | 7           | 0                | Đã nạp đủ các dòng.
    one_stop_shop/dossiers| ia-pa            | 2021-12-15   | 2021-12-15 01:30 | accepted             | -       | 7         | 7           | 0                | Đã nạp đủ các dòng.
    hr/staff              | ia-pa            | 2021-12-14   | 2021-12-14 01:30 | rejected             | FIL-01  | 0         | 0           | 0                | Chuyện của đêm trước.
"""  # noqa: E501


def test_one_message_tells_what_went_wrong_where_and_why(warehouse_url: str) -> None:
    files(warehouse_url, BAD_NIGHT)
    message = told(warehouse_url, runs_with_trouble=[notices.run_line("Hồ sơ một cửa", NOW, "missing")])
    assert message.subject == "Kho số liệu CCHC 16/12/2021: 7 việc cần xem"
    assert message.text.splitlines() == [
        "Từ 06:00 15/12/2021 đến 06:00 16/12/2021: 6 tệp, 160 dòng đã nạp, 40 dòng lỗi được giữ lại.",
        "",
        "Lần chạy có vấn đề (1):",
        "- Hồ sơ một cửa: lần chạy lúc 06:00 16/12/2021 không chạy",
        "",
        "Tệp có vấn đề (5):",
        "- tệp 2: Hồ sơ một cửa · chu-prong · 16/12/2021: có quá nhiều dòng lỗi. 40 trong 100 dòng (40,0 %) bị giữ lại,"
        " quá mức cho phép 5 %.",
        "- tệp 3: Cán bộ, công chức, viên chức · duc-co · 16/12/2021: bị trả lại. FIL-04: Cột chưa được khai báo:"
        " «…», «Mã CBCCVC».",
        "- tệp 4: Cán bộ, công chức, viên chức · ia-grai · 16/12/2021: chờ người xác nhận. FIL-06: Tệp chỉ có 1 dòng.",
        "- tệp 6: Tệp đặt sai chỗ · 0••••4#e60e72c2 · 16/12/2021: bị trả lại. Không có loại dữ liệu «…», gọi"
        " 0••••••••••8.",
        "- tệp 5: Biên chế được giao · duc-co · 10/12/2021: chưa nạp được. Chờ tệp số 4 của cùng nơi gửi.",
        "",
        "Nơi gửi chưa giao (1):",
        "- Hồ sơ một cửa · ia-pa: lần giao gần nhất 15/12/2021",
        "",
        "Tệp lặp lại lần giao trước, không nạp lại (1):",
        "- Cơ quan, đơn vị · duc-co · 16/12/2021",
        "",
        "Xem chi tiết: cchc files, và trang Airflow của kho.",
    ]


def test_nothing_that_a_person_typed_leaves_the_house(warehouse_url: str) -> None:
    files(warehouse_url, BAD_NIGHT)
    message = told(warehouse_url)
    for typed in ("Nguyễn Văn A", "064", "0912", "hr/unit'"):
        assert typed not in message.subject + message.text


def test_a_good_night_is_told_too_so_that_silence_is_an_alarm(warehouse_url: str) -> None:
    message = told(warehouse_url)
    assert message.subject == "Kho số liệu CCHC 16/12/2021: mọi tệp đã vào kho"
    assert "không có gì cần xem" in message.text
    assert message.troubles == 0


def test_periods_that_were_not_made_are_told(warehouse_url: str) -> None:
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        cursor.execute("insert into mart.touch (period_code) values ('2021-N'), ('2021-Q4')")
    assert "- 2021-Q4, 2021-N" in told(warehouse_url).text.splitlines()


def test_the_next_message_begins_where_the_last_one_ended(warehouse_url: str) -> None:
    files(warehouse_url, BAD_NIGHT)
    with server(Hook) as hook:
        notices.send(warehouse_url, told(warehouse_url), webhook(hook), run="first")
        next_one = told(warehouse_url, NOW + timedelta(days=1), webhook(hook))
    assert "Từ 06:00 16/12/2021 đến 06:00 17/12/2021: 0 tệp" in next_one.text
    assert "FIL-04" not in next_one.text  # told once
    assert "chờ người xác nhận" in next_one.text  # until somebody has said yes or no


def test_a_night_whose_message_did_not_go_out_is_told_by_the_next(warehouse_url: str) -> None:
    files(warehouse_url, BAD_NIGHT)
    with server(Hook) as hook:
        notices.send(warehouse_url, told(warehouse_url, NOW - timedelta(days=1)), webhook(hook), run="before")
        assert "FIL-04" in told(warehouse_url, NOW + timedelta(days=1), webhook(hook)).text


BOTH = settings.Notice(smtp="smtp://kho.example.org", webhook="https://example.org/kho")
# What was sent before: run, way, days before the morning of the 16th; the run that tells now; from which day it tells.
BEGINNINGS = [
    ([], BOTH, "night", "15/12/2021"),
    ([("before", "smtp", 1), ("before", "webhook", 1)], BOTH, "night", "15/12/2021"),
    ([("before", "smtp", 1), ("night", "webhook", 0)], BOTH, "night", "15/12/2021"),  # its mail failed: tried again
    ([("night", "webhook", 0)], BOTH, "night", "15/12/2021"),
    ([("a", "smtp", 4), *(("b" * d, "webhook", d) for d in (1, 2, 3, 4))], BOTH, "night", "12/12/2021"),  # mail away
    ([("a", "smtp", 4), ("b", "webhook", 1)], settings.Notice(webhook="https://example.org"), "night", "15/12/2021"),
    ([("a", "smtp", 30), ("b", "webhook", 1)], BOTH, "night", "09/12/2021"),  # no further than a week
    ([("a", "smtp", 2), ("later", "smtp", -1)], BOTH, "night", "14/12/2021"),
]


@pytest.mark.parametrize(("sent", "to", "run", "begins"), BEGINNINGS)
def test_a_message_begins_where_the_way_ended_that_was_told_least(
    warehouse_url: str, sent: list[tuple[str, str, int]], to: settings.Notice, run: str, begins: str
) -> None:
    with database.transaction(warehouse_url) as connection, connection.cursor() as cursor:
        for by, way, days in sent:
            cursor.execute("insert into landing.notice values (%s, %s, %s)", (by, way, NOW - timedelta(days=days)))
    assert told(warehouse_url, to=to, run=run).text.startswith(f"Từ 06:00 {begins} đến 06:00 16/12/2021:")


def test_what_is_tried_again_tells_what_it_was_to_tell(warehouse_url: str) -> None:
    files(warehouse_url, BAD_NIGHT)
    with server(Hook) as hook:
        away = replace(webhook(hook), smtp="smtp://127.0.0.1:1", sender="a@x", recipients=("b@x",))
        with pytest.raises(SetupError):
            notices.send(warehouse_url, told(warehouse_url, to=away, run="night"), away, run="night")
        with server(Mail) as mail:
            to = replace(mailbox(mail), webhook=away.webhook, secret=SECRET)
            again = told(warehouse_url, NOW + timedelta(minutes=5), to, run="night")
            notices.send(warehouse_url, again, to, run="night")
    [mailed] = map(parsed, mail.received)
    assert "FIL-04" in mailed.get_content()
    assert len(hook.received) == 1


# --- sending ----------------------------------------------------------------------------------------------------------


class Hook(BaseHTTPRequestHandler):
    """Takes what is posted, and answers as it is told."""

    answer = 204

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.received.append((dict(self.headers), body))
        self.send_response(self.answer)
        self.end_headers()

    def log_message(self, *_: object) -> None: ...


class Failing(Hook):
    answer = 500


class Mail(socketserver.StreamRequestHandler):
    """As much of a mail server as one message needs."""

    def handle(self) -> None:
        self.wfile.write(b"220 test\r\n")
        while line := self.rfile.readline():
            word = line.split()[0].upper() if line.split() else b""
            if word == b"DATA":
                self.wfile.write(b"354 go on\r\n")
                text = b""
                while (line := self.rfile.readline()) != b".\r\n":
                    text += line.removeprefix(b".") if line.startswith(b"..") else line
                self.server.received.append(text)
            self.wfile.write(b"221 bye\r\n" if word == b"QUIT" else b"250 fine\r\n")
            if word == b"QUIT":
                return


@contextmanager
def server(handler: type) -> Iterator[socketserver.TCPServer]:
    kind = HTTPServer if issubclass(handler, BaseHTTPRequestHandler) else socketserver.TCPServer
    with kind(("127.0.0.1", 0), handler) as one:
        one.received = []
        thread = threading.Thread(target=one.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        thread.start()
        try:
            yield one
        finally:
            one.shutdown()
            thread.join()


def webhook(hook: socketserver.TCPServer) -> settings.Notice:
    return settings.Notice(webhook=f"http://127.0.0.1:{hook.server_address[1]}/geheim", secret=SECRET)


def mailbox(mail: socketserver.TCPServer, login: str = "") -> settings.Notice:
    host = f"127.0.0.1:{mail.server_address[1]}"
    return settings.Notice(f"smtp://{login}{host}", "kho@example.org", ("mot@example.org", "hai@example.org"))


def parsed(text: bytes) -> EmailMessage:
    return email.message_from_bytes(text, policy=email.policy.default)


def test_a_mail_arrives_in_vietnamese(warehouse_url: str) -> None:
    files(warehouse_url, BAD_NIGHT)
    message = told(warehouse_url)
    with server(Mail) as mail:
        note = notices.send(warehouse_url, message, mailbox(mail), run="night")
    [got] = map(parsed, mail.received)
    assert (got["Subject"], got["From"], got["To"]) == (
        message.subject,
        "kho@example.org",
        "mot@example.org, hai@example.org",
    )
    assert got.get_content().replace("\r\n", "\n") == message.text
    assert "Nguyễn Văn A" not in got.get_content()
    assert note.startswith("Đã gửi (smtp).")


def test_what_is_posted_can_be_verified_by_who_knows_the_secret(warehouse_url: str) -> None:
    files(warehouse_url, BAD_NIGHT)
    message = told(warehouse_url)
    with server(Hook) as hook:
        notices.send(warehouse_url, message, webhook(hook), run="night")
    [(headers, body)] = hook.received
    stamp = headers["X-Cchc-Timestamp"]
    expected = hmac.new(SECRET, stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert headers["X-Cchc-Signature"] == f"sha256={expected}"
    assert abs(int(stamp) - datetime.now(LOCAL).timestamp()) < 60
    assert json.loads(body) == {"subject": message.subject, "text": message.text, "troubles": message.troubles}
    assert "Nguyễn Văn A" not in body.decode()


def test_a_way_that_failed_is_tried_again_and_the_other_is_not_used_twice(warehouse_url: str) -> None:
    message = told(warehouse_url)
    with server(Mail) as mail:
        with server(Failing) as hook:
            to = settings.Notice(**{**vars(mailbox(mail)), "webhook": webhook(hook).webhook, "secret": SECRET})
            with pytest.raises(SetupError, match=r"127\.0\.0\.1 answered 500") as refused:
                notices.send(warehouse_url, message, to, run="night")
            assert "geheim" not in str(refused.value)
        with server(Hook) as hook:
            to = settings.Notice(**{**vars(to), "webhook": webhook(hook).webhook})
            for _ in range(2):
                notices.send(warehouse_url, message, to, run="night")
    assert (len(mail.received), len(hook.received)) == (1, 1)


@pytest.mark.parametrize("to", [settings.Notice(smtp="smtp://a:geheim@127.0.0.1:1", sender="a@x", recipients=("b@x",)),
                                settings.Notice(webhook="http://127.0.0.1:1/geheim", secret=SECRET)])  # fmt: skip
def test_what_cannot_be_reached_is_said_without_its_secrets(warehouse_url: str, to: settings.Notice) -> None:
    with pytest.raises(SetupError, match=r"127\.0\.0\.1") as refused:
        notices.send(warehouse_url, told(warehouse_url), to, run="night")
    assert "geheim" not in str(refused.value)


def test_a_password_is_not_sent_in_the_clear(warehouse_url: str) -> None:
    with server(Mail) as mail, pytest.raises(SetupError, match="STARTTLS"):
        notices.send(warehouse_url, told(warehouse_url), mailbox(mail, "kho:geheim@"), run="night")
    assert mail.received == []


def test_that_nobody_is_told_is_a_warning(warehouse_url: str, caplog: pytest.LogCaptureFixture) -> None:
    note = notices.send(warehouse_url, told(warehouse_url), settings.Notice(), run="night")
    assert note.startswith("Chưa khai báo nơi nhận thông báo")
    assert [record.levelname for record in caplog.records] == ["WARNING"]


def test_the_message_can_be_looked_at(
    warehouse_url: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CCHC_WAREHOUSE_URL", warehouse_url)
    assert cchc(["notice"]) == 0
    assert capsys.readouterr().out.startswith("Kho số liệu CCHC ")
