"""The environment, read once. Every name is listed in `.env.example`."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path
from urllib.parse import urlsplit

from etl.errors import SetupError


@dataclass(frozen=True)
class Settings:
    """Where things are kept, and what identifies this installation."""

    home: Path
    warehouse_url: str | None  # None: the embedded server below `home`
    inbox: str
    archive: Path
    province: str  # first column of every fact key
    pseudonym_key: bytes
    quarantine_ceiling: Decimal  # percent of a file's rows that may be in quarantine before its load counts as failed
    landing_min_age: timedelta | None = None  # how long a file must have been quiet before a nightly run takes it
    landing_done_marker: bool = False  # a nightly run takes only files beside which <name>.done lies


@dataclass(frozen=True)
class Notice:
    """Whom the nightly message goes to. Addresses hold passwords: they are never shown."""

    smtp: str | None = field(default=None, repr=False)  # smtp://user:password@host:587, smtps://host:465
    sender: str = ""
    recipients: tuple[str, ...] = ()
    webhook: str | None = field(default=None, repr=False)
    secret: bytes = field(default=b"", repr=False)  # signs what goes to the webhook


@dataclass(frozen=True)
class Api:
    """What the API of the province needs, and no more: no key of the pseudonyms, no archive."""

    warehouse_url: str | None = field(repr=False)  # None: that of the warehouse
    secret: bytes | None = field(repr=False)  # signs addresses; None: one of the process's own
    requests_a_minute: int | None  # of one key; None: as many as the API says


def api() -> Api:
    """The settings of the API.

    Raises: SetupError if one cannot be used.
    """
    secret, requests = os.environ.get("CCHC_API_SECRET") or "", os.environ.get("CCHC_API_REQUESTS") or ""
    if secret and len(secret) < 16:
        raise SetupError("CCHC_API_SECRET is shorter than 16 characters: set a long random value, or none.")
    if requests and (not requests.isascii() or not requests.isdigit() or int(requests) < 1):
        raise SetupError(f"CCHC_API_REQUESTS is {requests!r}; it is a number of requests a minute, 1 or more.")
    return Api(
        os.environ.get("CCHC_API_WAREHOUSE_URL") or None,
        secret.encode() or None,
        int(requests) if requests else None,
    )


def read() -> Settings:
    """The settings of this process.

    Raises: SetupError if a setting cannot be used.
    """
    home = Path(os.environ.get("CCHC_HOME") or "~/.local/share/cchc").expanduser().absolute()
    return Settings(
        home=home,
        warehouse_url=os.environ.get("CCHC_WAREHOUSE_URL") or None,
        inbox=os.environ.get("CCHC_INBOX") or str(home / "inbox"),
        archive=Path(os.environ.get("CCHC_ARCHIVE") or home / "archive").expanduser().absolute(),
        # H21 names Gia Lai in every national code list, before and after the merger of 1/7/2025; 64 and 52 do not
        province=os.environ.get("CCHC_PROVINCE") or "H21",
        pseudonym_key=_pseudonym_key(home),
        quarantine_ceiling=_percentage("CCHC_QUARANTINE_CEILING", "5"),
        landing_min_age=_minutes("CCHC_LANDING_MIN_AGE"),
        landing_done_marker=_yes_or_no("CCHC_LANDING_DONE_MARKER"),
    )


def nightly() -> time:
    """When the first of the nightly loads begins."""
    return _clock("CCHC_NIGHTLY", "01:00")


def notice_time() -> time:
    """When the message about the night is sent."""
    return _clock("CCHC_NOTICE_TIME", "06:00")


def data_docs_kept() -> int:
    """Of how many deliveries the pages of their checks are kept: of those that were landed last."""
    given = os.environ.get("CCHC_DATA_DOCS_KEPT") or "5000"
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise SetupError(f"CCHC_DATA_DOCS_KEPT is {given!r}; it is a number of deliveries, 1 or more.")
    return int(given)


def slots() -> int:
    """How many tasks work in the warehouse at once: the size of Airflow's pool `warehouse`."""
    given = os.environ.get("CCHC_WAREHOUSE_SLOTS") or "4"
    if not given.isascii() or not given.isdigit() or int(given) < 1:
        raise SetupError(f"CCHC_WAREHOUSE_SLOTS is {given!r}; it is a number of tasks, 1 or more.")
    return int(given)


def notice() -> Notice:
    """Where the nightly message goes. Read apart from the rest: a wrong address must not stop a load.

    Raises: SetupError if an address cannot be used, or a way of sending lacks a part: half a way tells nobody.
    """

    def given(name: str) -> str | None:
        return (os.environ.get(name) or "").strip() or None

    smtp, webhook = given("CCHC_NOTICE_SMTP"), given("CCHC_NOTICE_WEBHOOK")
    recipients = tuple(r.strip() for r in (given("CCHC_NOTICE_TO") or "").split(",") if r.strip())
    sender, secret = given("CCHC_NOTICE_FROM") or "", given("CCHC_NOTICE_SECRET") or ""
    for name, url, schemes in (
        ("CCHC_NOTICE_SMTP", smtp, ("smtp", "smtps")),
        ("CCHC_NOTICE_WEBHOOK", webhook, ("http", "https")),
    ):
        if url and not _is_address(url, schemes):
            raise SetupError(f"{name} is not an address: write {schemes[0]}://host:port, or {schemes[1]}://host.")
    if smtp and not (sender and recipients):
        raise SetupError("CCHC_NOTICE_SMTP needs CCHC_NOTICE_FROM and CCHC_NOTICE_TO: who writes, and to whom.")
    if webhook and len(secret) < 16:
        raise SetupError("CCHC_NOTICE_WEBHOOK needs CCHC_NOTICE_SECRET, 16 characters or more: it signs the message.")
    return Notice(smtp, sender, recipients, webhook, secret.encode())


def _clock(name: str, otherwise: str) -> time:
    given = os.environ.get(name) or otherwise
    try:
        return datetime.strptime(given.strip(), "%H:%M").time()
    except ValueError:
        raise SetupError(f"{name} is {given!r}; it is a time of day, e.g. {otherwise}.") from None


def _minutes(name: str) -> timedelta | None:
    given = os.environ.get(name) or ""
    if not given:
        return None
    if not given.isascii() or not given.isdigit():
        raise SetupError(f"{name} is {given!r}; it is a number of minutes, e.g. 10.")
    return timedelta(minutes=int(given))


def _yes_or_no(name: str) -> bool:
    given = (os.environ.get(name) or "no").strip().lower()
    if given not in ("yes", "no"):
        raise SetupError(f"{name} is {given!r}; it is yes or no.")
    return given == "yes"


def _is_address(url: str, schemes: tuple[str, ...]) -> bool:
    try:
        parts = urlsplit(url)
        return parts.scheme in schemes and bool(parts.hostname) and parts.port != 0  # .port raises if it is no number
    except ValueError:
        return False


def lock_wait() -> float:
    """Seconds that anything waits for what somebody else has locked.

    Raises: SetupError if the setting cannot be used.
    """
    given = os.environ.get("CCHC_LOCK_WAIT") or "30"
    try:
        minutes = float(given)
    except ValueError:
        minutes = 0
    if not 0 < minutes <= 24 * 60:
        raise SetupError(f"CCHC_LOCK_WAIT is {given!r}; it is a number of minutes above 0, at most 1440, e.g. 30.")
    return minutes * 60


def _percentage(name: str, otherwise: str) -> Decimal:
    given = os.environ.get(name) or otherwise
    try:
        percentage = Decimal(given)
    except InvalidOperation:
        percentage = Decimal(-1)
    if not (percentage.is_finite() and 0 <= percentage <= 100):
        raise SetupError(f"{name} is {given!r}; it is a percentage between 0 and 100, e.g. {otherwise}.")
    return percentage


def _pseudonym_key(home: Path) -> bytes:
    """The key of the identity-number hash: from the environment, else made once and kept with its data."""
    given = os.environ.get("CCHC_PSEUDONYM_KEY")
    if given:
        if len(given) < 16:
            raise SetupError(
                "CCHC_PSEUDONYM_KEY is shorter than 16 characters. Set a long random value and never change it."
            )
        return given.encode()
    path = home / "pseudonym.key"
    try:
        home.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            drafted = home / f".pseudonym-{os.getpid()}"
            with os.fdopen(os.open(drafted, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
                file.write(secrets.token_hex(32).encode())
            with suppress(FileExistsError):  # another process was first: its key holds
                os.link(drafted, path)
            drafted.unlink()
        return path.read_bytes()
    except OSError as error:
        raise SetupError(
            f"{path} cannot be used ({error.strerror}). Set CCHC_HOME to a folder you may write to."
        ) from None
