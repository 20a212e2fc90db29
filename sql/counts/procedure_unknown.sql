-- thing: dossier
-- follows: [unit]
-- table: mart.procedure_unknown
-- key: [province_code, org_code, unit_from, day, sender, role, kind]
-- units: [org_code, resolving_org_code]
-- counts: [dossiers]

-- Dossiers that sql/counts/procedure_quarterly.sql counts as returned, or asks for a letter (`late`), and of which a
-- role is unknown: their file had no column for it, and nobody told it before. What was received and what was resolved,
-- sql/counts/dossier_unknown.sql tells. Without a day of return and with a status that does not exclude it, a
-- result may have been returned on any day since the dossier came: `returned since`.
with unit as materialized (
    select
        province_code,
        org_code,
        valid_from,
        reach_from,
        reach_to
    from core.unit_period
),

lacking as (
    select
        file_id,
        absent
    from landing.file
    where absent && array['return_channel', 'returned_at', 'status', 'org_code', 'procedure_code', 'apology_letter']
),

moment as (
    select
        d.sign,
        d.province_code,
        unknown.org_code,
        d.received_on,
        mart.quarter_of(unknown.day) as day,
        d.sender,
        unknown.role,
        unknown.kind
    from {changed} as d
    inner join lacking on lacking.file_id = d.file_id
    cross join lateral (
        values
        ('return_channel', 'returned', coalesce(d.org_code, ''), d.returned_on, d.return_channel is null),
        ('status', 'returned', coalesce(d.org_code, ''), d.returned_on, d.status is null),
        ('org_code', 'returned', '', d.returned_on, d.org_code is null),
        ('procedure_code', 'returned', coalesce(d.org_code, ''), d.returned_on, d.procedure_code is null),
        (
            'returned_at',
            'returned since',
            coalesce(d.org_code, ''),
            d.received_on,
            d.returned_on is null and coalesce(d.status, 'Đã trả kết quả') = 'Đã trả kết quả'
        ),
        (
            'apology_letter',
            'late',
            coalesce(d.resolving_org_code, d.org_code, ''),
            d.finished_on,
            d.apology_letter is null and d.finished_on > greatest(d.due_on, d.extended_due_on)
        )
    ) as unknown (role, kind, org_code, day, is_unknown)
    where
        unknown.is_unknown
        and unknown.day is not null
        and unknown.role = any(lacking.absent)
        and coalesce(d.status, '') not in ('Mới đăng ký', 'Không được tiếp nhận', 'Công dân rút hồ sơ')
)

select
    moment.province_code,
    moment.org_code,
    coalesce(unit.valid_from, '-infinity') as unit_from,
    moment.day,
    moment.sender,
    moment.role,
    moment.kind,
    sum(moment.sign) as dossiers
from moment
left join unit
    on
        unit.province_code = moment.province_code
        and unit.org_code = moment.org_code
        and moment.received_on >= unit.reach_from
        and moment.received_on < unit.reach_to
group by 1, 2, 3, 4, 5, 6, 7
