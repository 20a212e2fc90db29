"""One message per night: what failed, what was sent back, who did not deliver. In Vietnamese, without data of persons.

What a receipt quotes from a file stays in the warehouse: a message leaves the house.
"""

import hashlib
import hmac
import json
import logging
import re
import smtplib
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from functools import cache
from urllib.parse import unquote, urlsplit

from psycopg2.extensions import cursor as Cursor

from etl import catalogue, masking, settings
from etl.catalogue.project_files import statement
from etl.errors import SetupError
from etl.nightly import dag_runs
from etl.periods import LOCAL
from etl.reports.owing import delivered, who_owes
from etl.warehouse import database

log = logging.getLogger("cchc")

LINES = 30  # of one section; how many more there are is said
LONGEST = timedelta(days=7)  # a message reaches back to the last one that was sent, and no further
PATIENCE = 30  # seconds for an answer of a mail server or an address
NOBODY = "Chưa khai báo nơi nhận thông báo (CCHC_NOTICE_SMTP hoặc CCHC_NOTICE_WEBHOOK): không ai được báo."
STATES = {
    "missing": "không chạy",
    "failed": "có lỗi",
    "going": "chưa chạy xong",
    "asking": "đã nạp xong, đang chờ người trả lời câu hỏi về tệp (mục Required Actions của Airflow)",
}


@dataclass(frozen=True)
class Message:
    """What is told of a night."""

    subject: str
    text: str
    troubles: int  # how many lines somebody should look at
    told_until: datetime


def of_the_night(
    url: str,
    to: settings.Notice,
    *,
    ceiling: Decimal,
    runs_with_trouble: list[str] | None = None,
    run: str = "",
    now: datetime | None = None,
) -> Message:
    """What is to be told since the last message that was sent; that all went in if nothing is: silence is an alarm.

    Input: `runs_with_trouble`: lines about runs, from whoever started them: the warehouse does not know those.
           `run`: what sends it; what it has sent already by one way is still to be told by the other.
    """
    now = (now or datetime.now(LOCAL)).astimezone(LOCAL)
    stale = dag_runs.stale_periods(url)
    with database.transaction(url) as connection, connection.cursor() as cursor:
        since = _told_until(cursor, list(_ways(to)), run, now)
        new, standing = _files(cursor, since, now)
        owing = who_owes(delivered(cursor, now), now.date())
    troubled = [file for file in {f.file_id: f for f in [*new, *standing]}.values() if file.trouble(ceiling)]
    sections = [
        ("Lần chạy có vấn đề", runs_with_trouble or []),
        ("Tệp có vấn đề", [_line(file, ceiling) for file in troubled]),
        ("Nơi gửi chưa giao", owing),
        ("Tệp lặp lại lần giao trước, không nạp lại", [f"{f.label}" for f in new if f.status == "duplicate"]),
        ("Kỳ báo cáo có số liệu cũ hơn dữ liệu đã nạp", [", ".join(stale)] if stale else []),
    ]
    told = [(title, lines) for title, lines in sections if lines]
    # that a sender repeats itself is worth a line, but nobody has to do anything
    troubles = sum(len(lines) for title, lines in told if not title.startswith("Tệp lặp lại"))
    body = [
        f"Từ {since:%H:%M %d/%m/%Y} đến {now:%H:%M %d/%m/%Y}: {len(new)} tệp,"
        f" {_number(new, 'rows_loaded')} dòng đã nạp, {_number(new, 'rows_quarantined')} dòng lỗi được giữ lại."
    ]
    if not troubles:
        body.append("Mọi tệp đã vào kho, không có gì cần xem.")
    for title, lines in told:
        body += ["", f"{title} ({len(lines)}):", *(f"- {line}" for line in lines[:LINES])]
        if len(lines) > LINES:
            body.append(f"… và {len(lines) - LINES} dòng nữa.")
    body += ["", "Xem chi tiết: cchc files, và trang Airflow của kho."]
    verdict = f"{troubles} việc cần xem" if troubles else "mọi tệp đã vào kho"
    return Message(f"Kho số liệu CCHC {now:%d/%m/%Y}: {verdict}", "\n".join(body) + "\n", troubles, now)


def run_line(titles: str, began: datetime, state: str) -> str:
    """One line about a run that is missing, failed, still going or waiting for an answer."""
    return f"{titles}: lần chạy lúc {began:%H:%M %d/%m/%Y} {STATES[state]}"


def _number(files: list[dag_runs.Became], attribute: str) -> str:
    return f"{sum(getattr(file, attribute) for file in files):,}".replace(",", ".")


def _told_until(cursor: Cursor, ways: list[str], run: str, now: datetime) -> datetime:
    """Until when everybody has been told: each way may have failed in another night."""
    cursor.execute(statement("night/told_until"), {"ways": ways, "run": run, "now": now})
    told = [until for (until,) in cursor.fetchall()]
    return max(min(told, default=now - timedelta(days=1)), now - LONGEST).astimezone(LOCAL)


def _files(cursor: Cursor, since: datetime, now: datetime) -> tuple[list[dag_runs.Became], list[dag_runs.Became]]:
    """The files that came or were judged since then, and those that wait, since whenever."""
    came = "greatest(landed_at, loaded_at) > %(since)s and greatest(landed_at, loaded_at) <= %(now)s"
    new = dag_runs.became_of(cursor, came, {"since": since, "now": now})
    standing = dag_runs.became_of(cursor, "status in ('landed', 'held') or reload_reason is not null", {})
    return new, standing


def _line(file: dag_runs.Became, ceiling: Decimal) -> str:
    reason = _outside(dag_runs.first_sentence(file.trouble(ceiling) or ""))
    return f"tệp {file.file_id}: {dag_runs.headline(file, ceiling)}. {reason}"


def _outside(reason: str) -> str:
    """A reason as it may leave the house: of what it quotes only our own words stay, and no number of a person.

    >>> _outside("Cột chưa được khai báo: «Nguyễn Văn A», «Mã hồ sơ».")
    'Cột chưa được khai báo: «…», «Mã hồ sơ».'
    """
    quotation = r"«([^»]*)»|'([^']*)'|\"([^\"]*)\""
    return masking.shown(re.sub(quotation, lambda q: q[0] if _is_ours(q[1] or q[2] or q[3]) else "«…»", reason))


@cache
def _words() -> frozenset[str]:
    columns = [column for export in catalogue.exports().values() for column in export.columns]
    headers = {header for column in columns for header in (column.header, *column.aliases)}
    return frozenset({*headers, *catalogue.exports()})


def _is_ours(word: str | None) -> bool:
    return word in _words()


# --- sending ----------------------------------------------------------------------------------------------------------


def send(url: str, message: Message, to: settings.Notice, *, run: str) -> str:
    """Send a message by every way that is named; for the run's note, what was sent or that nobody is told.

    Input:  `run`: what sends it; tried again, it leaves out the ways by which it has been sent.
    Raises: SetupError if a way failed; the others were tried.
    """
    if not (named := _ways(to)):
        log.warning("%s", NOBODY)
        return dag_runs.cut([NOBODY, *message.text.splitlines()])
    failed = []
    for way, sends in named.items():
        if _was_sent(url, run, way):
            continue
        try:
            sends(message, to)
        except SetupError as error:
            log.error("%s", error)
            failed.append(str(error))
            continue
        with database.transaction(url) as connection, connection.cursor() as cursor:
            cursor.execute(
                "insert into landing.notice (run, sent_by, told_until) values (%s, %s, %s) on conflict do nothing",
                (run, way, message.told_until),
            )
    if failed:
        raise SetupError(" ".join(failed))
    return dag_runs.cut([f"Đã gửi ({', '.join(named)}).", *message.text.splitlines()])


def _ways(to: settings.Notice) -> dict[str, Callable[[Message, settings.Notice], None]]:
    """The ways that are named, each with what sends by it."""
    ways = {"smtp": (to.smtp, _mail), "webhook": (to.webhook, _post)}
    return {way: sends for way, (address, sends) in ways.items() if address}


def _was_sent(url: str, run: str, way: str) -> bool:
    with database.transaction(url) as connection, connection.cursor() as cursor:
        cursor.execute("select from landing.notice where run = %s and sent_by = %s", (run, way))
        return cursor.fetchone() is not None


def _mail(message: Message, to: settings.Notice) -> None:
    mail = EmailMessage()
    mail["Subject"], mail["From"], mail["To"] = message.subject, to.sender, ", ".join(to.recipients)
    mail["Date"], mail["Message-ID"] = formatdate(message.told_until.timestamp()), make_msgid(domain="cchc")
    mail.set_content(message.text)
    server = urlsplit(to.smtp or "")
    host = server.hostname or ""
    secure = ssl.create_default_context()
    try:
        smtp: smtplib.SMTP
        if server.scheme == "smtps":
            smtp = smtplib.SMTP_SSL(host, server.port or 465, timeout=PATIENCE, context=secure)
        else:
            smtp = smtplib.SMTP(host, server.port or 587, timeout=PATIENCE)
        with smtp:
            smtp.ehlo()
            if server.scheme == "smtp" and smtp.has_extn("starttls"):
                smtp.starttls(context=secure)
            elif server.scheme == "smtp" and server.password:
                raise SetupError(
                    f"the mail server {host} offers no STARTTLS: a password is not sent in the clear."
                    " Use smtps:// in CCHC_NOTICE_SMTP, or a server with TLS."
                )
            if server.username:
                smtp.login(unquote(server.username), unquote(server.password or ""))
            smtp.send_message(mail)
    except (smtplib.SMTPException, OSError) as error:  # its text may hold addresses
        raise SetupError(
            f"the notice was not sent: the mail server {host} failed ({type(error).__name__}). Check"
            " CCHC_NOTICE_SMTP, and that this machine reaches it."
        ) from None


def _post(message: Message, to: settings.Notice) -> None:
    """POST as JSON; X-CCHC-Signature is HMAC-SHA256 of "<X-CCHC-Timestamp>.<body>" with the secret."""
    body = json.dumps(
        {"subject": message.subject, "text": message.text, "troubles": message.troubles}, ensure_ascii=False
    ).encode()
    stamp = str(int(datetime.now(LOCAL).timestamp()))
    request = urllib.request.Request(
        to.webhook or "",
        data=body,
        method="POST",
        headers={
            "Content-Type": "application/json; charset=utf-8",
            "X-CCHC-Timestamp": stamp,
            "X-CCHC-Signature": "sha256=" + signature(to.secret, stamp, body),
        },
    )
    where = urlsplit(to.webhook or "").hostname or ""  # the rest of the address may be a secret
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE):
            pass  # what is no success raises
    except urllib.error.HTTPError as error:
        raise SetupError(
            f"the notice was not sent: {where} answered {error.code}. Check CCHC_NOTICE_WEBHOOK and its secret."
        ) from None
    except OSError as error:
        raise SetupError(
            f"the notice was not sent: {where} cannot be reached ({type(error).__name__}). Check CCHC_NOTICE_WEBHOOK,"
            " and that this machine reaches it."
        ) from None


def signature(secret: bytes, stamp: str, body: bytes) -> str:
    """What a receiver compares, after it has looked whether the time is near its own."""
    return hmac.new(secret, f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
