-- thing: document
-- table: mart.document_unknown
-- key: [province_code, org_code, day, sender, role]
-- counts: [documents]

-- Documents of which a role is unknown: their file had no column for it, and nobody told it before. Those that
-- sql/counts/document_daily.sql would not count, whatever the role says, are left out.
with lacking as (
    select
        file_id,
        absent
    from landing.file
    where
        absent
        && array['document_type', 'direction', 'digitally_signed', 'sending_mode', 'secrecy', 'topic', 'status']
)

select
    d.province_code,
    d.org_code,
    d.issued_on as day,
    d.sender,
    unknown.role,
    sum(d.sign) as documents
from {changed} as d
inner join lacking on lacking.file_id = d.file_id
cross join lateral (
    values
    ('document_type', d.document_type is null),
    ('direction', d.direction is null),
    ('digitally_signed', d.digitally_signed is null),
    ('sending_mode', d.sending_mode is null),
    ('secrecy', d.secrecy is null),
    ('topic', d.topic is null),
    ('status', d.status is null)
) as unknown (role, is_null)
where
    unknown.is_null
    and unknown.role = any(lacking.absent)
    and (d.direction = 'Đi') is not false
    and (d.status <> 'Thu hồi') is not false
    and coalesce(d.secrecy, 'Thường') = 'Thường'
group by 1, 2, 3, 4, 5
