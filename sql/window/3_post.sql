-- creates: [window_post_part, window_post, window_apology]

-- What came and went by public post, and late dossiers with a letter of apology: by the unit that had them on the first
-- day of the quarter, or on the day if the window is no row of whole quarters. Then the dossiers are counted
-- themselves, by the rule of sql/counts/procedure_quarterly.sql: change both.
create temp table window_post_part on commit drop as
with dossier as (
    select
        d.*,
        d.finished_on > greatest(d.due_on, d.extended_due_on) as is_late,
        coalesce(unit.valid_from, '-infinity') as unit_from,
        case
            when d.resolving_org_code is null then coalesce(unit.valid_from, '-infinity')
            else coalesce(resolving.valid_from, '-infinity')
        end as resolving_from
    from core.dossier as d
    left join core.unit_period as unit
        on
            unit.province_code = d.province_code
            and unit.org_code = d.org_code
            and d.received_on >= unit.reach_from
            and d.received_on < unit.reach_to
    left join core.unit_period as resolving
        on
            resolving.province_code = d.province_code
            and resolving.org_code = d.resolving_org_code
            and d.received_on >= resolving.reach_from
            and d.received_on < resolving.reach_to
    where
        coalesce(d.status, '') not in ('Mới đăng ký', 'Không được tiếp nhận')
        and d.received_on < %(period_end)s
        -- what has nothing to do with a row makes no plan that reads the table in a window of whole quarters
        and (
            mart.quarter_of(%(period_start)s::date) <> %(period_start)s
            or mart.quarter_of(%(period_end)s::date) <> %(period_end)s
        )
),

counted as (
    select
        province_code,
        org_code,
        unit_from,
        day,
        procedure_code,
        received,
        received_postal,
        returned,
        returned_postal,
        resolved_late,
        apologised{record}
    from mart.procedure_quarterly
    where
        day >= %(period_start)s
        and day < %(period_end)s
        and mart.quarter_of(%(period_start)s::date) = %(period_start)s
        and mart.quarter_of(%(period_end)s::date) = %(period_end)s
    union all
    select
        province_code,
        coalesce(org_code, '') as org_code,
        unit_from,
        received_on as day,
        coalesce(procedure_code, '') as procedure_code,
        1 as received,
        (coalesce(channel, '') = 'Bưu chính công ích')::int as received_postal,
        0 as returned,
        0 as returned_postal,
        0 as resolved_late,
        0 as apologised{record}
    from dossier
    where received_on >= %(period_start)s
    union all
    select
        province_code,
        coalesce(org_code, '') as org_code,
        unit_from,
        returned_on as day,
        coalesce(procedure_code, '') as procedure_code,
        0 as received,
        0 as received_postal,
        1 as returned,
        (coalesce(return_channel, '') = 'Bưu chính công ích')::int as returned_postal,
        0 as resolved_late,
        0 as apologised{record}
    from dossier
    where
        returned_on >= %(period_start)s
        and returned_on < %(period_end)s
        and coalesce(status, '') <> 'Công dân rút hồ sơ'
    union all
    select
        province_code,
        coalesce(resolving_org_code, org_code, '') as org_code,
        resolving_from as unit_from,
        finished_on as day,
        '*' as procedure_code,
        0 as received,
        0 as received_postal,
        0 as returned,
        0 as returned_postal,
        1 as resolved_late,
        (apology_letter is not null)::int as apologised{record}
    from dossier
    where
        is_late
        and finished_on >= %(period_start)s
        and finished_on < %(period_end)s
        and coalesce(status, '') <> 'Công dân rút hồ sơ'
)

select
    unit.unit_code,
    counted.procedure_code,
    sum(counted.received) as received,
    sum(counted.received_postal) as received_postal,
    sum(counted.returned) as returned,
    sum(counted.returned_postal) as returned_postal,
    sum(counted.resolved_late) as resolved_late,
    sum(counted.apologised) as apologised{record}
from counted
left join window_holder as holder
    on
        holder.province_code = counted.province_code
        and holder.org_code = counted.org_code
        and counted.unit_from >= holder.reach_from
        and counted.unit_from < holder.reach_to
        and greatest(counted.day, counted.unit_from) >= holder.from_day
        and greatest(counted.day, counted.unit_from) < holder.to_day
inner join window_unit as unit
    on
        unit.province_code = counted.province_code
        and unit.code = coalesce(holder.holder_code, counted.org_code)
        and coalesce(holder.holder_from, counted.unit_from) >= unit.reach_from
        and coalesce(holder.holder_from, counted.unit_from) < unit.reach_to
group by unit.unit_code, counted.procedure_code{record};

-- Of procedures in force, at the level of the unit that received. A province's own suffix behind the national code
-- names the same procedure.
create temp table window_post on commit drop as
with part as (
    select
        counted.unit_code,
        case
            when counted.procedure_code ~ '^\d\.\d{6}' then left(counted.procedure_code, 8) else counted.procedure_code
        end as national_code,
        case unit.tier when 'commune' then 'Xã' when 'district' then 'Huyện' else 'Sở' end as level,
        sum(counted.received) as received,
        sum(counted.received_postal) as received_postal,
        sum(counted.returned) as returned,
        sum(counted.returned_postal) as returned_postal{record}
    from window_post_part as counted
    inner join window_unit as unit on unit.unit_code = counted.unit_code
    group by 1, 2, 3{record}
),

-- what each unit may count of each part below it: of each level the procedures in force on the lists that are its own
offered as materialized (
    select
        subtree.part_code,
        scope.unit_code,
        scope.level,
        listed.national_code,
        listed.takes_post
    from window_scope as scope
    inner join window_subtree as subtree on subtree.unit_code = scope.unit_code
    inner join window_catalogue as listed on listed.senders = scope.senders and listed.level = scope.level
    where listed.is_in_force
),

-- No figure asks of procedures that nobody used the post for. By a window and not by a join with itself, of which the
-- planner would expect one row: it would go through the lists again for each of the hundred thousand that come.
by_post as materialized (
    select *
    from (
        select
            *,
            sum(received_postal + returned_postal) over (partition by national_code, level) as went_by_post
        from part
    ) as told
    where went_by_post > 0
)

select
    offered.unit_code,
    by_post.national_code,
    by_post.level,
    bool_or(offered.takes_post) as takes_post,
    sum(by_post.received) as received,
    sum(by_post.received_postal) as received_postal,
    sum(by_post.returned) as returned,
    sum(by_post.returned_postal) as returned_postal{record}
from by_post
inner join offered
    on
        offered.part_code = by_post.unit_code
        and offered.level = by_post.level
        and offered.national_code = by_post.national_code
group by 1, 2, 3{record};

create temp table window_apology on commit drop as
select
    subtree.unit_code,
    sum(part.resolved_late) as resolved_late,
    sum(part.apologised) as apologised{record}
from window_post_part as part
inner join window_subtree as subtree on subtree.part_code = part.unit_code
where part.resolved_late > 0
group by 1{record}
