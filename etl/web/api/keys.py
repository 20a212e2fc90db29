"""Who asks the API: a key that is valid, and does not ask too often."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from etl.web.api import problems


@dataclass(frozen=True)
class Key:
    """The key that asks."""

    key_id: int
    name: str
    unit_code: str


bearer = HTTPBearer(auto_error=False, description="Khóa do người quản trị kho cấp: cchc readers key add")


def admitted(request: Request, said: Annotated[HTTPAuthorizationCredentials | None, Depends(bearer)] = None) -> Key:
    """The key of a request.

    Raises: Refused if there is none, it is not valid, or it asks too often.
    """
    state, address = request.app.state, request.client.host if request.client else ""
    if said is None:
        raise problems.Refused(problems.NO_KEY)
    if seconds := state.wrong.wait(address):
        raise problems.Refused(
            problems.TOO_MANY_REQUESTS.because(problems.TOO_MANY_REQUESTS.detail, retry_after=seconds)
        )
    if (found := state.warehouse.admit(said.credentials)) is None:
        state.wrong.take(address)
        raise problems.Refused(problems.BAD_KEY)
    key = Key(*found)
    count(request, key.key_id)
    return key


def count(request: Request, key_id: int) -> None:
    """Count a request of a key.

    Raises: Refused if it asks too often.
    """
    request.state.key_id = key_id
    if seconds := request.app.state.limit.take(key_id):
        raise problems.Refused(
            problems.TOO_MANY_REQUESTS.because(problems.TOO_MANY_REQUESTS.detail, retry_after=seconds)
        )


Admitted = Annotated[Key, Depends(admitted)]
OF_EVERY_ROUTE = (
    problems.NO_KEY, problems.BAD_KEY, problems.TOO_MANY_REQUESTS, problems.FAULT, problems.UNAVAILABLE,
)  # fmt: skip
