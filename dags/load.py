"""Mỗi nguồn dữ liệu một DAG: nhận tệp các đơn vị đã giao, nạp từng tệp, ghi lại kết quả.

Chạy hằng đêm, nhận mọi tệp mới. Chạy lại theo ngày giao (ngày đầu và ngày cuối đều tính):
`airflow dags trigger load__hr --conf '{"since": "2021-12-01", "until": "2021-12-31"}'`; thêm `"again": true` để nạp lại
cả tệp đã bị trả lại hoặc đã xét theo quy tắc cũ. Backfill của Airflow cũng vậy, mỗi lần chạy một ngày giao:
`airflow backfill create --dag-id load__hr --from-date 2021-12-01 --to-date 2021-12-31`.

Tệp chờ người xác nhận hoặc có quá nhiều dòng lỗi: khi các tệp khác đã nạp xong, lần chạy hỏi (mục Required Actions của
Airflow) nạp, giữ hay trả lại, và chờ đến cuối ngày làm việc. Không ai trả lời thì giữ. Backfill không hỏi.

Đỏ nghĩa là có tệp không vào được kho mà chưa ai trả lời: ghi chú của lần chạy nói tệp nào, của đơn vị nào, vì sao.
"""

# Wiring only; the work is in etl.pipeline and etl.nightly.
import logging
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from airflow.sdk import (
    DAG,
    Asset,
    AssetAlias,
    CronTriggerTimetable,
    Param,
    dag,
    get_current_context,
    task,
    task_group,
)
from airflow.sdk.exceptions import AirflowFailException

from dags.defaults import DAY, TASKS
from dags.question import Question
from etl import catalogue, settings
from etl.nightly import nights
from etl.periods import LOCAL

if TYPE_CHECKING:
    from etl.nightly import dag_runs

log = logging.getLogger("cchc")

WAREHOUSE = Asset("warehouse")  # what materialise.py waits for
LOADS = AssetAlias("loads")  # an alias, because a night that brought nothing new changes nothing


def load(source: str, schedule: CronTriggerTimetable) -> DAG:
    exports = {export.name for export in catalogue.sources()[source]}
    titles = "; ".join(export.short_title for export in catalogue.sources()[source])

    @dag(
        dag_id=f"load__{source}",
        dag_display_name=f"Nạp: {titles}",
        description=f"Nhận, kiểm tra và nạp dữ liệu: {titles}",
        schedule=schedule,
        start_date=datetime(2021, 1, 1, tzinfo=LOCAL),
        catchup=False,
        max_active_runs=1,
        max_active_tasks=4,
        dagrun_timeout=timedelta(hours=20),  # the next night must not queue behind a load that hangs
        params={
            "since": Param(None, title="Từ ngày giao", **DAY),
            "until": Param(None, title="Đến hết ngày giao", **DAY),
            "again": Param(
                False,
                type="boolean",
                title="Nạp lại",
                description="Cả tệp đã bị trả lại hoặc đã xét theo quy tắc cũ, của những ngày giao nói trên",
            ),
        },
        default_args=TASKS | {"pool": "warehouse", "execution_timeout": timedelta(hours=4)},
        tags=["load"],
        doc_md=__doc__,
    )
    def build() -> None:
        def asked() -> "dag_runs.Asked":
            from etl.nightly import dag_runs

            context = get_current_context()
            run = context["dag_run"]
            backfill = run.logical_date if run.run_type == "backfill" else None
            return dag_runs.asked({**context["params"], **(run.conf or {})}, backfill=backfill)

        def asks() -> bool:
            """Whether this run asks people: behind a run of a backfill the next days wait."""
            return get_current_context()["dag_run"].run_type != "backfill"

        @task(task_display_name="Nhận tệp", execution_timeout=timedelta(hours=1))
        def land(**context: object) -> list[int]:
            """Keep what is new; the numbers of all files that wait, also those that a crash left behind."""
            from etl import pipeline
            from etl.errors import CchcError, UsageError
            from etl.nightly import dag_runs
            from etl.stewardship import deliveries, fix_list_taken

            configured, run = settings.read(), context["dag_run"]
            try:
                scope = asked()
                url = pipeline.prepare(configured)
                days = {"exports": exports, "since": scope.since, "until": scope.until}
                again = []
                if scope.again:
                    by = run.triggering_user_name or "airflow"
                    again = deliveries.again(url, **days, by=by, reason=f"{run.dag_id}, {run.run_id}")
                try:
                    # before anything new is loaded: what they are about would have moved on
                    lists = fix_list_taken.from_inbox(configured, url, configured.inbox)
                    context["ti"].xcom_push("fix_lists", [f"{one.name}: {one.text}" for one in lists])
                    new = pipeline.land(
                        configured,
                        url,
                        inbox=configured.inbox,
                        min_age=configured.landing_min_age,
                        done_marker=configured.landing_done_marker,
                        **days,
                    )
                except UsageError as error:
                    raise UsageError(dag_runs.refused(configured.inbox, error)) from None
            except CchcError as error:
                log.error("%s", error)
                context["ti"].xcom_push("problem", str(error))
                raise
            context["ti"].xcom_push("passed_over", [f"{one.path}: {one.reason}" for one in new.passed_over])
            return dag_runs.to_load(url, new=[*again, *new.file_ids], **days)

        @task(task_display_name="Nạp tệp", map_index_template="{{ delivery | default('') }}")
        def load_file(file_id: int) -> dict[str, int]:
            from etl import memory, pipeline
            from etl.errors import CchcError, SetupError
            from etl.nightly import dag_runs, pause

            memory.keep()
            configured = settings.read()
            url = pipeline.prepare(configured)
            [file] = dag_runs.became(url, [file_id])
            get_current_context()["delivery"] = file.label
            if file.waits:
                try:
                    pipeline.load_file(configured, url, file_id)
                except SetupError:  # the database is away: tried again
                    raise
                except CchcError as error:
                    log.error("%s", error)
                    raise AirflowFailException(str(error)) from None
                [file] = dag_runs.became(url, [file_id])
            if dag_runs.is_judged_again(url, file, configured.quarantine_ceiling):
                log.warning("%s Tệp sẽ được xét lại ở cuối lần chạy.", file.message)
            elif asks() and pause.about(file, configured.quarantine_ceiling):
                log.warning(
                    "%s Lần chạy sẽ hỏi khi các tệp khác đã nạp xong.", file.trouble(configured.quarantine_ceiling)
                )
            elif trouble := file.trouble(configured.quarantine_ceiling):
                log.error("%s", trouble)
                raise AirflowFailException(trouble)
            else:
                log.log(logging.WARNING if file.rows_quarantined else logging.INFO, "%s", file.message)
            return {"file_id": file_id, "loaded": file.rows_loaded, "quarantined": file.rows_quarantined}

        @task(task_display_name="Ghi kết quả", trigger_rule="all_done", outlets=[LOADS])
        def finish(file_ids: list[int] | None, **context: object) -> str:
            """Load again what has become stale, say what became of each file, and wake the figures if they are old."""
            from etl import memory, pipeline
            from etl.nightly import dag_runs

            if file_ids is None:  # nothing was received: what waits is not loaded behind a request that was refused
                problem = context["ti"].xcom_pull(task_ids="land", key="problem")
                return (problem or "Không nhận được tệp nào. Xem nhật ký của bước «Nhận tệp».")[: dag_runs.NOTE]
            memory.keep()
            configured, scope = settings.read(), asked()
            url = pipeline.prepare(configured)
            stale = pipeline.load_waiting(configured, url, exports=exports, since=scope.since, until=scope.until)
            file_ids = dag_runs.with_replayed(url, [*file_ids, *(receipt.file_id for receipt in stale)])
            if periods := dag_runs.stale_periods(url):
                context["outlet_events"][LOADS].add(WAREHOUSE, extra={"periods": periods})
            files, ceiling = dag_runs.became(url, file_ids), configured.quarantine_ceiling
            passed_over, lists = (
                context["ti"].xcom_pull(task_ids="land", key=key) for key in ("passed_over", "fix_lists")
            )
            docs = configured.home / "data_docs"
            note = dag_runs.note_of_loads(
                files, periods, docs=docs, ceiling=ceiling, passed_over=passed_over, fix_lists=lists
            )
            log.info("%s", note)
            context["ti"].xcom_push("file_ids", file_ids)
            context["ti"].xcom_push("passed_over", passed_over)
            return note

        @task(task_display_name="Tệp cần hỏi", execution_timeout=timedelta(minutes=10))
        def to_ask(**context: object) -> list[int]:
            """The numbers of the files that a person is asked about; the others are in, or wait for something else."""
            from etl import pipeline
            from etl.nightly import pause

            file_ids = context["ti"].xcom_pull(task_ids="finish", key="file_ids") or []
            configured = settings.read()
            return pause.to_ask(pipeline.prepare(configured), file_ids, configured.quarantine_ceiling) if asks() else []

        # one answer at a time, for each loads all that waits
        @task(task_display_name="Làm theo trả lời", max_active_tis_per_dagrun=1, outlets=[LOADS])
        def carry_out(given: dict[str, Any], **context: object) -> str:
            """Keep what was answered, do it, load what waits now, and wake the figures if they are old."""
            from etl import memory, pipeline
            from etl.nightly import dag_runs
            from etl.stewardship import questions

            memory.keep()
            configured, scope, ti = settings.read(), asked(), context["ti"]
            url = pipeline.prepare(configured)
            by = given["responded_by_user"] or {}
            said = questions.answer(
                configured,
                url,
                ti.xcom_pull(task_ids="question.ask", map_indexes=ti.map_index, key="question_id"),
                given["chosen_options"][0],
                by_id=by.get("id"),
                by_name=by.get("name"),
                reason=given["params_input"].get("reason") or "",
                answered_at=given["responded_at"],
            )
            if said.why_not:
                log.error("%s", said.why_not)
            if said.verdict == "counts":
                for receipt in pipeline.load_waiting(
                    configured, url, exports=exports, since=scope.since, until=scope.until
                ):
                    log.info("%s", receipt.message)
                if periods := dag_runs.stale_periods(url):
                    context["outlet_events"][LOADS].add(WAREHOUSE, extra={"periods": periods})
            return f"{said.option}: {questions.VERDICTS[said.verdict]}"

        @task_group
        def question(file_id: int) -> None:
            ask = Question(
                task_id="ask",
                task_display_name="Hỏi người phụ trách",
                source=source,
                file_id=file_id,
            )
            carry_out(ask.output)

        @task(
            task_display_name="Mọi tệp đã vào kho", trigger_rule="none_failed", execution_timeout=timedelta(minutes=10)
        )
        def all_went_in(**context: object) -> None:
            """Red if a file of this run, or one loaded again at its end, is not in, and nobody answered for it."""
            from etl import pipeline
            from etl.nightly import pause

            ti, run, configured = context["ti"], context["dag_run"], settings.read()
            troubled = pause.troubled(
                pipeline.prepare(configured),
                ti.xcom_pull(task_ids="finish", key="file_ids"),
                configured.quarantine_ceiling,
                run=f"{run.dag_id}, {run.run_id}",
            )
            troubled += ti.xcom_pull(task_ids="finish", key="passed_over")
            for line in troubled:
                log.error("%s", line)
            if troubled:
                raise AirflowFailException(f"{len(troubled)} tệp có vấn đề; {troubled[0]}")

        file_ids = land()
        loaded = load_file.expand(file_id=file_ids)
        asked_about = to_ask()
        # a rejected file leaves the others and the summary alone, and still turns the run red
        loaded >> finish(file_ids) >> asked_about
        answered = question.expand(file_id=asked_about)
        [loaded, asked_about, answered] >> all_went_in()

    return build()


for source, at in nights.load_times().items():
    schedule = CronTriggerTimetable(f"{at.minute} {at.hour} * * *", timezone="Asia/Ho_Chi_Minh")
    globals()[f"load__{source}"] = load(source, schedule)
