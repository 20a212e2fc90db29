"""What goes wrong at the API: every answer that is not a result is one of these, as RFC 9457 has it."""

import json
from dataclasses import dataclass
from typing import Any

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Problem:
    """A kind of problem, and what is to be said of this one. What a reader sent is not repeated."""

    code: str
    status: int
    title: str  # Vietnamese
    title_en: str
    detail: str = ""  # Vietnamese: what to do next
    retry_after: int | None = None  # seconds

    def because(self, detail: str, *, retry_after: int | None = None) -> "Problem":
        """The same problem, said of one request."""
        return Problem(self.code, self.status, self.title, self.title_en, detail, retry_after or self.retry_after)


class Refused(Exception):
    """A request that is answered by a problem."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(problem.code)
        self.problem = problem


BAD_CURSOR = Problem(
    "bad-cursor",
    400,
    "Con trỏ trang không đúng",
    "The cursor is not one of this query",
    "Dùng next_cursor của trang trước, với đúng các điều kiện của trang trước; hoặc bỏ cursor để đọc từ đầu.",
)
UNKNOWN_PARAMETER = Problem(
    "unknown-parameter", 400, "Tham số không có", "There is no such parameter", "Xem các tham số ở /openapi.json."
)
NO_KEY = Problem("no-key", 401, "Chưa có khóa", "A key is needed", "Gửi kèm tiêu đề Authorization: Bearer <khóa>.")
BAD_KEY = Problem(
    "bad-key",
    401,
    "Khóa không đúng, đã hết hạn hoặc đã thu hồi",
    "The key is wrong, expired or revoked",
    "Nhờ người quản trị kho cấp khóa khác.",
)
BAD_ADDRESS = Problem(
    "bad-address",
    403,
    "Địa chỉ đã hết hạn hoặc không đúng",
    "The signed address has expired or was changed",
    "Xin địa chỉ khác bằng POST /v1/addresses.",
)
NOT_FOUND = Problem("not-found", 404, "Không có địa chỉ này", "There is nothing at this address", "Xem /v1/.")
NOT_ALLOWED = Problem(
    "not-allowed",
    405,
    "Địa chỉ này không nhận yêu cầu như vậy",
    "This address takes no such request",
    "Xem /openapi.json.",
)
NOT_ACCEPTABLE = Problem(
    "not-acceptable",
    406,
    "Không có dạng dữ liệu này",
    "There is no such format here",
    "Dùng application/json, text/csv; số liệu còn có application/vnd.sdmx.data+csv;version=2.0.0.",
)
TOO_LARGE = Problem("too-large", 413, "Yêu cầu quá lớn", "The request is too large", "Không gửi kèm tệp.")
BAD_VALUE = Problem("bad-value", 422, "Giá trị không đúng", "A value is not as it has to be")
TOO_MANY_ROWS = Problem(
    "too-many-rows",
    422,
    "Quá nhiều dòng cho một tệp",
    "Too many rows for one file",
    "Thêm điều kiện, ví dụ period_code, hoặc đọc từng trang.",
)
TOO_MANY_REQUESTS = Problem(
    "too-many-requests", 429, "Quá nhiều yêu cầu", "Too many requests", "Chờ số giây ở Retry-After rồi đọc tiếp."
)
FAULT = Problem("fault", 500, "Có lỗi", "A fault of the API", "Báo người quản trị kho, kèm giờ của yêu cầu.")
UNAVAILABLE = Problem(
    "unavailable", 503, "Kho số liệu chưa sẵn sàng", "The warehouse does not answer", "Thử lại sau.", retry_after=10
)
TOO_SLOW = Problem(
    "too-slow",
    503,
    "Câu hỏi mất quá nhiều thời gian",
    "The question takes too long",
    "Thêm điều kiện, ví dụ period_code.",
    retry_after=10,
)
EVERY = (
    BAD_CURSOR, UNKNOWN_PARAMETER, NO_KEY, BAD_KEY, BAD_ADDRESS, NOT_FOUND, NOT_ALLOWED, NOT_ACCEPTABLE, TOO_LARGE,
    BAD_VALUE, TOO_MANY_ROWS, TOO_MANY_REQUESTS, FAULT, UNAVAILABLE, TOO_SLOW,
)  # fmt: skip

SCHEMA: dict[str, Any] = {
    "title": "Problem",
    "description": "RFC 9457",
    "type": "object",
    "required": ["type", "title", "title_en", "status", "detail"],
    "properties": {
        "type": {"type": "string", "enum": [f"urn:cchc:problem:{one.code}" for one in EVERY]},
        "title": {"type": "string", "description": "Tiếng Việt"},
        "title_en": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "Việc cần làm"},
    },
}


def answer(problem: Problem) -> Response:
    """The answer that tells of a problem."""
    body = {
        "type": f"urn:cchc:problem:{problem.code}",
        "title": problem.title,
        "title_en": problem.title_en,
        "status": problem.status,
        "detail": problem.detail,
    }
    headers = {"Cache-Control": "no-store"}
    if problem.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if problem.retry_after:
        headers["Retry-After"] = str(problem.retry_after)
    return Response(json.dumps(body, ensure_ascii=False), problem.status, headers, MEDIA_TYPE)


def responses(*problems: Problem) -> dict[int | str, dict[str, Any]]:
    """What OpenAPI says of the problems of a route, by status."""
    by_status: dict[int | str, dict[str, Any]] = {}
    for one in problems:
        told = by_status.setdefault(
            one.status,
            {
                "description": "",
                "content": {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}},
            },
        )
        told["description"] = "; ".join(filter(None, (told["description"], f"{one.code}: {one.title_en}")))
        if one.retry_after or one is TOO_MANY_REQUESTS:
            told["headers"] = {"Retry-After": {"schema": {"type": "integer"}, "description": "seconds"}}
    return by_status
