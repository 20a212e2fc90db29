"""What the tasks of all DAGs have in common, and how a day is asked for."""

from datetime import timedelta

from airflow.sdk import ExceptionRetryPolicy, RetryAction, RetryRule, conf

# What can get better by itself is tried again: a database that is away. A bad file, rule or request is not.
TASKS = {
    "owner": "cchc",
    "retries": 2,
    "retry_delay": timedelta(seconds=conf.getint("core", "default_task_retry_delay")),  # mapped tasks do not ask for it
    "retry_policy": ExceptionRetryPolicy(
        rules=[
            RetryRule(exception="etl.errors.SetupError", action=RetryAction.RETRY),
            RetryRule(exception="etl.errors.CchcError", action=RetryAction.FAIL),
        ]
    ),
}
DAY = {"type": ["null", "string"], "format": "date"}
