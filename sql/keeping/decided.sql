-- Keep which rows of the files that a release rests on were decided about; decisions that their rows have voided are
-- left out.
--
-- %(release)s: its number.
insert into mart.release_contribution_decided (release_id, file_id, line, kinds)
select
    %(release)s,
    done.file_id,
    done.line,
    array_agg(distinct decision.kind order by decision.kind)
from quality.decided_row as done
inner join quality.decision as decision on decision.decision_id = done.decision_id
where
    done.applied
    and done.file_id in (
        select unnest(file_ids)
        from mart.release_contribution
        where release_id = %(release)s
        union
        select unnest(file_ids)
        from mart.release_contribution_apart
        where release_id = %(release)s
    )
group by done.file_id, done.line
