"""Who is logged in: a random token in a cookie, of which the database knows only the hash."""

import hashlib
import secrets
from dataclasses import dataclass
from datetime import timedelta

from fastapi import Request
from fastapi.responses import Response
from psycopg2.extensions import cursor as Cursor

LASTS = timedelta(hours=12)
COOKIE = "cchc_session"
LOGIN = "login"  # whoever has the token is logged in
AIRFLOW = "airflow"  # Airflow says who is there; the session has only the token of the forms


@dataclass(frozen=True)
class Session:
    """Somebody's visit, from its beginning to its end twelve hours later, or before."""

    name: str
    csrf: str  # every form of the visit carries it


def begin(cursor: Cursor, name: str, kind: str = LOGIN) -> tuple[str, Session]:
    """Open a session: its token, which is for the cookie alone, and the session. Those that ended are cleared away."""
    token, session = secrets.token_urlsafe(32), Session(name, secrets.token_urlsafe(32))
    cursor.execute("delete from access.session where expires_at < clock_timestamp()")
    cursor.execute(
        "insert into access.session (token_hash, name, csrf, expires_at) values (%s, %s, %s, clock_timestamp() + %s)",
        (_hash(token, kind), name, session.csrf, LASTS),
    )
    return token, session


def find(cursor: Cursor, token: str | None, kind: str = LOGIN) -> Session | None:
    """The session of a token; None if there is none of this kind, or it has ended."""
    if not token:
        return None
    cursor.execute(
        "select name, csrf from access.session where token_hash = %s and expires_at > clock_timestamp()",
        (_hash(token, kind),),
    )
    found = cursor.fetchone()
    return Session(*found) if found else None


def end(cursor: Cursor, token: str | None) -> None:
    """Close a session: its token is worth nothing any more."""
    cursor.execute("delete from access.session where token_hash = %s", (_hash(token or "", LOGIN),))


def is_secure(request: Request) -> bool:
    """Whether people reach us by https: a cookie is then sent by no other way."""
    return request.app.state.https or request.url.scheme == "https"


def path(request: Request) -> str:
    """Below which path the cookies are ours: inside Airflow it has others."""
    return str(request.scope.get("root_path", "")) or "/"


def cookie(request: Request, token: str) -> str:
    """The header that hands a browser its token."""
    answer = Response()
    answer.set_cookie(
        COOKIE,
        token,
        max_age=int(LASTS.total_seconds()),
        path=path(request),
        secure=is_secure(request),
        httponly=True,
        samesite="lax",
    )
    return answer.headers["set-cookie"]


def _hash(token: str, kind: str) -> str:
    return hashlib.sha256(f"{kind}:{token}".encode()).hexdigest()
