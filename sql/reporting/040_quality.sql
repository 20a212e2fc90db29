create or replace view reporting.quality with (security_barrier) as
with kept_out as (
    select
        q.file_id,
        rule.rule_id,
        count(*) as rows_quarantined,
        count(*) filter (where q.resolved_by is null) as rows_open
    from quality.quarantined_row as q
    cross join lateral unnest(q.rule_ids) as rule (rule_id)
    group by q.file_id, rule.rule_id
),

judged as (
    select
        file_id,
        rule_id,
        min(severity) as severity,
        max(rows_checked) as rows_checked,
        sum(rows_failed) as values_failed,
        string_agg(distinct not_run, ', ' order by not_run) as not_run
    from quality.result
    group by file_id, rule_id
),

settled as (
    select
        file_id,
        rule_id,
        count(*) filter (where state = 'confirmed') as rows_confirmed,
        count(*) filter (where state = 'waived') as rows_waived,
        count(*) filter (where state = 'resolved') as rows_resolved
    from quality.row_state
    group by file_id, rule_id
)

select
    f.file_id,
    f.source,
    f.export,
    f.sender,
    f.delivered_on,
    f.status,
    coalesce(judged.rule_id, f.rule_id) as rule_id,
    coalesce(judged.severity, case when f.rule_id is not null then 'fatal' end) as severity,
    f.rows_read,
    f.rows_loaded,
    f.rows_unchanged,
    coalesce(kept_out.rows_quarantined, 0) as rows_quarantined,
    coalesce(kept_out.rows_open, 0) as rows_open,
    judged.rows_checked,
    judged.values_failed,
    f.loaded_at,
    case when judged.not_run is not null then 'không chạy: ' || judged.not_run end as not_run,
    coalesce(settled.rows_confirmed, 0) as rows_confirmed,
    coalesce(settled.rows_waived, 0) as rows_waived,
    coalesce(settled.rows_resolved, 0) as rows_resolved
from landing.file as f
left join judged on judged.file_id = f.file_id
left join kept_out on kept_out.file_id = f.file_id and kept_out.rule_id = judged.rule_id
left join settled on settled.file_id = f.file_id and settled.rule_id = judged.rule_id
-- a file is seen by who sees every unit whose lists its sender sends
where
    (select access.whole_province()) is not null
    or f.sender in (
        select owner.sender
        from core.list_owner as owner
        group by owner.sender
        having
            bool_and((owner.province_code, owner.org_code) in (
                select
                    seen.province_code,
                    seen.unit_code
                from access.seen_units() as seen
                where seen.is_last
            ))
    );

comment on view reporting.quality is
'Chất lượng dữ liệu: với mỗi tệp và quy tắc, số dòng đã đọc, đã nạp, bị giữ lại, còn chờ sửa, được xác nhận '
'đúng, được miễn và đã xử lý. Không có dữ liệu cá nhân.';
