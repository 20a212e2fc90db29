"""What becomes of decisions: failures are marked anew, and files wait to be judged again by what holds now."""

from collections.abc import Sequence
from datetime import date

from psycopg2.extensions import cursor as Cursor

from etl.catalogue.project_files import statement


def expire(cursor: Cursor, today: date) -> list[int]:
    """Let waivers end whose last day is over; the files that wait to be judged again without them."""
    cursor.execute(statement("load/expire"), {"today": today})
    ended = [decision_id for (decision_id,) in cursor.fetchall()]
    return judge_again(cursor, ended, "Miễn đã hết hạn") if ended else []


def judge_again(cursor: Cursor, decision_ids: Sequence[int], reason: str) -> list[int]:
    """Mark open failures with what was decided about them, and let the files wait whose rows that changes; which."""
    cursor.execute(statement("quality/mark_decided"), {"decisions": list(decision_ids)})
    cursor.execute(statement("quality/files_to_judge_again"), {"decisions": list(decision_ids)})
    file_ids = sorted(file_id for (file_id,) in cursor.fetchall())
    cursor.execute(
        "update landing.file set reload_reason = %s where file_id = any(%s)"
        " and status in ('accepted', 'accepted_with_errors')",
        (reason, file_ids),
    )
    return file_ids
