"""The task that asks a person about a file. Wiring only; the words are in etl.nightly.pause."""

from datetime import datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param, conf
from airflow.sdk.exceptions import AirflowSkipException

from etl import settings
from etl.periods import LOCAL


class Question(HITLOperator):
    """Asks about one file, in words and for as long as are right when it asks; our own table knows of it first."""

    template_fields = (*HITLOperator.template_fields, "file_id")

    def __init__(self, *, source: str, file_id: Any, **how: Any) -> None:
        # what all tasks of a DAG have in common comes in `how`
        how |= {
            "subject": "Tệp cần người xác nhận",  # until it is known what is asked
            "options": ["nạp", "giữ", "trả lại"],  # those of etl.stewardship.questions, which is slow to import
            "defaults": "giữ",
            "params": {
                "reason": Param(
                    "", type="string", title="Lý do", description="Không ghi họ tên, số giấy tờ của người dân"
                )
            },
            "response_timeout": timedelta(hours=14),  # until it is known when the next night comes
            "execution_timeout": timedelta(minutes=10),  # of asking; the answer is waited for in no slot
        }
        super().__init__(**how)
        self.source, self.file_id = source, file_id

    def execute(self, context: Any) -> Any:
        from etl import pipeline
        from etl.nightly import pause

        configured, run = settings.read(), context["dag_run"]
        asked = pause.ask(
            pipeline.prepare(configured),
            self.file_id,
            ceiling=configured.quarantine_ceiling,
            source=self.source,
            began=run.start_date,
            now=datetime.now(LOCAL),
            run=f"{run.dag_id}, {run.run_id}",
            pages=urlsplit(conf.get("api", "base_url", fallback="")).path.rstrip("/") + "/cchc",
        )
        if asked is None:
            raise AirflowSkipException("Tệp đã được xử lý: không còn gì để hỏi.")
        context["ti"].xcom_push("question_id", asked.question_id)
        self.subject, self.body, self.response_timeout = asked.subject, asked.body, asked.waits
        return super().execute(context)
