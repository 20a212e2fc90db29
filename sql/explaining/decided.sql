-- Which rows of some files were decided about, and how; decisions that their rows have voided are left out.
select
    done.file_id,
    done.line,
    array_agg(distinct decision.kind order by decision.kind) as kinds
from quality.decided_row as done
inner join quality.decision as decision on decision.decision_id = done.decision_id
where done.applied and done.file_id = any(%(files)s)
group by done.file_id, done.line
