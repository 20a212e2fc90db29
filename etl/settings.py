"""The environment, read once. Every name is listed in `.env.example`."""

import os
import secrets
from contextlib import suppress
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from pathlib import Path

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
    quarantine_ceiling: Decimal  # percent of a file's rows that may be in quarantine before `cchc load` exits with 1


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
    )


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
