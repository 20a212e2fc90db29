-- Which record a part of the unit is: the row of the list of the time, or else any that tells of it.
select
    subtree.unit_code,
    coalesce(nullif(part.file_id, 0)::bigint << 31 | part.line, told.record, 0) as record
from window_subtree as subtree
inner join window_unit as part on part.unit_code = subtree.part_code
left join lateral (
    select version.file_id::bigint << 31 | version.line as record
    from (
        select province_code, org_code, delivered_on, file_id, line
        from core.unit
        union all
        select province_code, org_code, delivered_on, file_id, line
        from core.unit_history
    ) as version
    where version.province_code = part.province_code and version.org_code = part.code
    order by version.delivered_on desc, version.file_id desc
    limit 1
) as told on nullif(part.file_id, 0) is null
