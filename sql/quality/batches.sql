-- What was decided together, the newest first: by whom, why, how many rows, and what became of it. Who decided sees it
-- whatever its units.
--
-- %(units)s: the units that may be seen, null for all; %(by)s: who looks; %(batch_id)s: only this one, null for all;
-- %(state)s: only with decisions in this state, null for all; %(before)s: before which one; %(most)s: how many.
with decided as (
    select
        batch_id,
        count(distinct file_id || ' ' || line) as rows_decided,
        array_agg(distinct kind) as kinds,
        array_agg(distinct export) as exports,
        array_agg(distinct rule_id) as rules,
        array_agg(distinct unit_code) as units,
        count(*) as decisions,
        count(*) filter (where state = 'waiting') as waiting,
        count(*) filter (where state = 'holds') as holding,
        count(*) filter (where state = 'undone') as undone,
        count(*) filter (where state = 'refused') as refused,
        count(*) filter (where state = 'expired') as expired
    from quality.decision_now
    where
        %(batch_id)s::bigint is null
        or batch_id in (select coalesce(undoes, batch_id) from quality.batch where batch_id = %(batch_id)s)
    group by batch_id
)

select
    batch.batch_id,
    batch.name,
    batch.undoes,
    batch.by_name,
    batch.reason,
    batch.evidence,
    batch.at,
    coalesce(decided.rows_decided, 0) as rows_decided,
    coalesce(decided.kinds, '{}') as kinds,
    coalesce(decided.exports, '{}') as exports,
    coalesce(decided.rules, '{}') as rules,
    coalesce(decided.units, '{}') as units,
    coalesce(decided.decisions, 0) as decisions,
    coalesce(decided.waiting, 0) as waiting,
    coalesce(decided.holding, 0) as holding,
    coalesce(decided.undone, 0) as undone,
    coalesce(decided.refused, 0) as refused,
    coalesce(decided.expired, 0) as expired
from quality.batch as batch
left join decided on decided.batch_id = coalesce(batch.undoes, batch.batch_id)
where
    batch.batch_id < %(before)s
    and (%(batch_id)s::bigint is null or batch.batch_id = %(batch_id)s)
    and (%(units)s::text[] is null or decided.units && %(units)s or batch.by_name = %(by)s)
    and (%(state)s::text is null or %(state)s = 'waiting' and decided.waiting > 0 and batch.undoes is null)
order by batch.batch_id desc
limit %(most)s
