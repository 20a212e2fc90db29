"""Sau ngày chốt số liệu của mỗi kỳ: hỏi người duyệt, rồi công bố số liệu của kỳ.

Chạy mỗi sáng. Kỳ đã chốt mà chưa công bố, hoặc bản đã công bố mà số liệu đã đổi, được hỏi ở mục Required Actions của
Airflow: công bố hay để chờ. Người trả lời là người ký, nên cần quyền người duyệt (`cchc users`). Đang nạp dữ liệu, có
tệp chờ xác nhận, có câu hỏi chưa trả lời hay số liệu cũ hơn dữ liệu thì chưa hỏi: ghi chú của lần chạy nói rõ vướng gì.
Không ai trả lời thì không có gì thay đổi, sáng hôm sau hỏi lại.

Hỏi một kỳ bất kỳ: `airflow dags trigger publish__period --conf '{"period": "2021-Q3", "unit": "631"}'`.
"""

# Wiring only; the work is in etl.nightly.approvals and etl.publication.
import logging
from datetime import datetime, timedelta
from typing import Any

from airflow.sdk import CronTriggerTimetable, Param, dag, task, task_group
from airflow.sdk.exceptions import AirflowFailException

from dags.approval import Approval
from dags.defaults import TASKS
from etl import settings
from etl.periods import LOCAL

log = logging.getLogger("cchc")


@dag(
    dag_id="publish__period",
    dag_display_name="Công bố số liệu",
    description="Hỏi người duyệt rồi công bố số liệu của kỳ đã chốt",
    schedule=CronTriggerTimetable("30 7 * * *", timezone="Asia/Ho_Chi_Minh"),
    start_date=datetime(2021, 1, 1, tzinfo=LOCAL),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=23),
    params={
        "period": Param(
            None, type=["null", "string"], title="Kỳ báo cáo", description="2021-Q3, 2021-6T, 2021-9T, 2021-N"
        ),
        "unit": Param(None, type=["null", "string"], title="Đơn vị ký", description="Để trống: đơn vị cao nhất"),
    },
    default_args=TASKS | {"pool": "warehouse", "execution_timeout": timedelta(minutes=30)},
    tags=["publish"],
    doc_md=__doc__,
)
def publish() -> None:
    @task(task_display_name="Chọn kỳ cần công bố")
    def due(**context: Any) -> list[dict[str, Any]]:
        """The period asked for by hand; else what is closed and not published, and what has moved since."""
        from etl import pipeline
        from etl.nightly import approvals

        given = {**context["params"], **(context["dag_run"].conf or {})}
        if given.get("period"):
            return [{"period": given["period"], "unit": given.get("unit")}]
        return approvals.due(pipeline.prepare(settings.read()), datetime.now(LOCAL))

    # one at a time: each release is chained to the one before
    @task(task_display_name="Làm theo trả lời", max_active_tis_per_dagrun=1)
    def carry_out(asked: dict[str, Any], given: dict[str, Any]) -> str:
        """Publish as the person who answered, or write down that it waits."""
        from etl import pipeline
        from etl.errors import CchcError
        from etl.nightly import approvals

        by, said = given["responded_by_user"] or {}, given["params_input"]
        url = pipeline.prepare(settings.read())
        try:
            done = approvals.carry_out(
                url,
                asked,
                given["chosen_options"][0],
                by=by.get("name"),
                text=said.get("reason") or "",
                kind=said.get("kind") or "late_data",
            )
        except CchcError as error:
            log.error("%s", error)
            raise AirflowFailException(str(error)) from None
        log.info("%s", done)
        return done

    @task_group
    def approval(asked: dict[str, Any]) -> None:
        ask = Approval(task_id="ask", task_display_name="Hỏi người duyệt", asked=asked)
        carry_out(asked, ask.output)

    @task(task_display_name="Ghi kết quả", trigger_rule="all_done", execution_timeout=timedelta(minutes=10))
    def finish(**context: Any) -> str:
        """What was published, what waits, and what stands in the way."""
        from etl.nightly import approvals

        pull = context["ti"].xcom_pull
        places = range(len(pull(task_ids="due") or []))
        in_the_way = pull(task_ids="approval.ask", key="in_the_way", map_indexes=list(places)) if places else []
        done = pull(task_ids="approval.carry_out", map_indexes=list(places)) if places else []
        said = approvals.note([one for one in [*(done or []), *(in_the_way or [])] if one])
        log.info("%s", said)
        return said

    @task(
        task_display_name="Mọi trả lời đã làm xong", trigger_rule="none_failed", execution_timeout=timedelta(minutes=10)
    )
    def all_done() -> None:
        """Red if an answer could not be carried out: who answered has to know."""

    answered = approval.expand(asked=due())
    answered >> finish()
    answered >> all_done()


publish()
