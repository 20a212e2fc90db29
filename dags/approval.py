"""The task that asks a person to approve figures. Wiring only; the words are in etl.nightly.approvals."""

from datetime import timedelta
from typing import Any

from airflow.providers.standard.operators.hitl import HITLOperator
from airflow.sdk import Param
from airflow.sdk.exceptions import AirflowSkipException

from etl import settings


class Approval(HITLOperator):
    """Asks about one period or release; what stands in its way is logged, and asked about by a later run."""

    template_fields = (*HITLOperator.template_fields, "asked")

    def __init__(self, *, asked: Any, **how: Any) -> None:
        # what all tasks of a DAG have in common comes in `how`; the words are those of etl.nightly.approvals and
        # etl.publication.register, which are slow to import
        reasons = ["late_data", "corrected_data", "decision", "definition", "unit", "mistake"]
        how |= {
            "subject": "Số liệu cần người duyệt",  # until it is known what is asked
            "options": ["công bố", "để chờ"],
            "defaults": "để chờ",
            "params": {
                "reason": Param("", type="string", title="Lời ký; khi công bố lại: đã thay đổi gì"),
                "kind": Param("late_data", type="string", enum=reasons, title="Khi công bố lại: lý do"),
            },
            "response_timeout": timedelta(hours=20),  # until it is known how long it waits
            "execution_timeout": timedelta(minutes=10),  # of asking; the answer is waited for in no slot
        }
        super().__init__(**how)
        self.asked = asked

    def execute(self, context: Any) -> Any:
        from etl import pipeline
        from etl.nightly import approvals

        question = approvals.ask(pipeline.prepare(settings.read()), self.asked)
        if isinstance(question, str):
            context["ti"].xcom_push("in_the_way", question)
            raise AirflowSkipException(question)
        self.subject, self.body, self.response_timeout = question.subject, question.body, question.waits
        return super().execute(context)
