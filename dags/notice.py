"""Mỗi đêm một thông báo: lần chạy nào lỗi, tệp nào bị trả lại, nơi nào chưa giao. Không có dữ liệu cá nhân.

Gửi qua thư (CCHC_NOTICE_SMTP) hoặc địa chỉ nhận (CCHC_NOTICE_WEBHOOK). Đêm nào cũng gửi, kể cả khi mọi việc đều tốt:
không nhận được thông báo nghĩa là hệ thống không chạy.
"""

# Wiring only; the work is in etl.nightly.notices.
import logging
from datetime import datetime, timedelta

from airflow.sdk import CronTriggerTimetable, dag, task

from dags.defaults import TASKS
from etl import catalogue, settings
from etl.nightly import nights
from etl.periods import LOCAL

log = logging.getLogger("cchc")
AT = settings.notice_time()


@dag(
    dag_id="notice__night",
    dag_display_name="Thông báo về đêm qua",
    description="Một thông báo: lần chạy lỗi, tệp bị trả lại, nơi chưa giao",
    schedule=CronTriggerTimetable(f"{AT.minute} {AT.hour} * * *", timezone="Asia/Ho_Chi_Minh"),
    start_date=datetime(2021, 1, 1, tzinfo=LOCAL),
    catchup=False,
    max_active_runs=1,
    dagrun_timeout=timedelta(hours=6),
    # in Airflow's own pool: what is told of a night must not queue behind it
    default_args=TASKS | {"execution_timeout": timedelta(minutes=30)},
    tags=["notice"],
    doc_md=__doc__,
)
def notice() -> None:
    @task(task_display_name="Xem các lần chạy")
    def runs_of_the_night(**context: object) -> list[str]:
        """What Airflow knows: which load did not begin, did not end, or failed."""
        from etl.nightly import notices

        now, found = datetime.now(LOCAL), []
        for source, at in nights.load_times().items():
            dag_id, began = f"load__{source}", nights.last(at, now)

            def count(*states: str, dag_id: str = dag_id, began: datetime = began) -> int:
                return context["ti"].get_dr_count(dag_id, logical_dates=[began], states=list(states) or None)

            state = (
                "missing" if not count() else "failed" if count("failed") else "going" if not count("success") else ""
            )
            if state == "going":
                states = context["ti"].get_task_states(dag_id, task_ids=["finish"], logical_dates=[began])
                if any(of_run.get("finish") == "success" for of_run in states.values()):
                    state = "asking"
            if state:
                titles = "; ".join(export.short_title for export in catalogue.sources()[source])
                found.append(notices.run_line(titles, began, state))
        return found

    @task(task_display_name="Gửi thông báo", trigger_rule="all_done")
    def finish(runs_with_trouble: list[str] | None, **context: object) -> str:
        from etl import pipeline
        from etl.nightly import notices

        configured, to, run = settings.read(), settings.notice(), context["run_id"]
        url = pipeline.prepare(configured)
        if runs_with_trouble is None:
            runs_with_trouble = ["Không xem được các lần chạy của Airflow"]
        message = notices.of_the_night(
            url, to, ceiling=configured.quarantine_ceiling, runs_with_trouble=runs_with_trouble, run=run
        )
        return notices.send(url, message, to, run=run)

    finish(runs_of_the_night())


notice()
