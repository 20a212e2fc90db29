"""Addresses of a CSV file that need no header, for a while: LibreOffice and Excel read them like any file.

An address says which key asked for it, for which resource and conditions, and until when, and is signed. It reads what
the key may, and ends with it.
"""

import hashlib
import hmac
import json
import time
from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from etl.web.api import problems

LONGEST = 24 * 60  # minutes


@dataclass(frozen=True)
class Asked:
    """What an address is for."""

    key_id: int
    path: str  # of a resource, below /v1/, with its conditions: figures/annual?period_code=2021-N
    expires: int  # seconds since 1970


def signed(secret: bytes, asked: Asked) -> str:
    """The token of an address."""
    said = json.dumps([asked.key_id, asked.path, asked.expires], ensure_ascii=False).encode()
    return f"{_text(said)}.{_text(_signature(secret, said))}"


def checked(secret: bytes, token: str, *, now: float | None = None) -> Asked:
    """What a token asks for.

    Raises: Refused if it was not signed here, or has expired.
    """
    try:
        said, signature = (urlsafe_b64decode(part + "=" * (-len(part) % 4)) for part in token.split("."))
        if not hmac.compare_digest(signature, _signature(secret, said)):
            raise problems.Refused(problems.BAD_ADDRESS)
        asked = Asked(*json.loads(said))
    except (ValueError, TypeError):
        raise problems.Refused(problems.BAD_ADDRESS) from None
    if asked.expires <= (time.time() if now is None else now):
        raise problems.Refused(problems.BAD_ADDRESS)
    return asked


def _signature(secret: bytes, said: bytes) -> bytes:
    return hmac.digest(secret, b"cchc csv address\n" + said, hashlib.sha256)


def _text(raw: bytes) -> str:
    return urlsafe_b64encode(raw).decode().rstrip("=")
