-- The issues that are open: one per export, rule, word and unit. Rows that fail count once, however many of their
-- columns do. A file that is held, or was sent back and not followed by one that was loaded, is an issue of its own
-- kind; so is a header that nobody knows in the newest file of its sender.
--
-- The unit of a row is the one that it names, if that was ever delivered; else the one that owns its sender's lists.
-- What people did about an issue makes its state, and nothing has to be written when rows come or go: one that was
-- resolved, and of which a load has brought rows since, is open again.
--
-- %(units)s: the units that may be seen, null for all; %(export)s, %(rule_id)s, %(unit)s: only those of, null for all;
-- %(issue)s: only the one that is known by this, null for all: see etl/stewardship/issues.py;
-- %(records)s: only of rows with one of these keys, null for all; %(exports)s: all exports;
-- %(states)s: in one of these states;
-- %(sorted_by)s: by what: rows, oldest, rule or unit; %(after)s: behind which one, null for the first: see `place`;
-- %(most)s: how many.
with known_unit as (
    select distinct on (org_code)
        org_code,
        org_name
    from (
        select org_code, org_name, delivered_on from core.unit
        union all
        select org_code, org_name, delivered_on from core.unit_history
    ) as told
    order by org_code, delivered_on desc
),

owner as (
    select
        sender,
        min(org_code) as unit_code
    from core.list_owner
    group by sender
    having count(distinct org_code) = 1
),

-- by what tells rows apart and is short: the rest is the same in all cells of a row that break one rule
failing_row as (
    select
        file_id,
        line,
        rule_id,
        word,
        any_value(export) as export,
        any_value(unit_code) as unit_code,
        any_value(sender) as sender,
        any_value(severity) as severity,
        bool_and(waits_for_source) as waits_for_source
    from quality.open_violation
    where
        (%(export)s::text is null or export = %(export)s)
        and (%(rule_id)s::text is null or rule_id = %(rule_id)s)
        and (%(records)s::text[] is null or export = any(%(exports)s) and record_key = any(%(records)s))
    group by file_id, line, rule_id, word
),

failing as (
    select
        export,
        rule_id,
        word,
        unit_code,
        sender,
        file_id,
        min(severity) as severity,
        count(*) filter (where not waits_for_source) as rows_open,
        count(*) filter (where waits_for_source) as rows_at_source
    from failing_row
    group by export, rule_id, word, unit_code, sender, file_id
    union all
    select
        file.export,
        case when header.word is null then coalesce(file.rule_id, '') else 'FIL-04' end,
        coalesce(header.word, ''),
        '',
        file.sender,
        file.file_id,
        case when header.word is null then 'fatal' else 'warning' end,
        1,
        0
    from landing.file as file
    left join lateral unnest(file.unknown_headers) as header (word)
        on file.status in ('accepted', 'accepted_with_errors')
    where
        (
            file.status in ('held', 'rejected')
            or file.status in ('accepted', 'accepted_with_errors') and file.unknown_headers <> '{}'
        )
        and (
            file.status = 'held'
            or not exists (
                select
                from landing.file as later
                where
                    later.export = file.export
                    and later.sender = file.sender
                    and (later.delivered_on, later.file_id) > (file.delivered_on, file.file_id)
                    and (later.delivered_on > file.delivered_on or later.part = file.part)
                    and later.status in ('accepted', 'accepted_with_errors')
            )
        )
        and %(records)s::text[] is null
),

issue as (
    select
        failing.export,
        failing.rule_id,
        failing.word,
        place.unit_code,
        min(failing.severity) as severity,
        sum(failing.rows_open)::bigint as rows_open,
        sum(failing.rows_at_source)::bigint as rows_at_source,
        count(distinct failing.file_id) as files,
        min(file.file_id) as first_file,
        nullif(min(file.delivered_on), '0001-01-01') as oldest,
        max(coalesce(file.loaded_at, file.landed_at)) as newest,
        array_agg(distinct failing.sender) as senders,
        array_agg(distinct failing.unit_code) as codes,
        array_agg(distinct failing.unit_code) filter (where known_unit.org_code is null) as strange_codes,
        array_agg(distinct failing.sender) filter (where known_unit.org_code is null) as strange_senders
    from failing
    inner join landing.file as file on file.file_id = failing.file_id
    left join known_unit on known_unit.org_code = failing.unit_code
    left join owner on owner.sender = failing.sender
    cross join lateral (values (coalesce(known_unit.org_code, owner.unit_code, ''))) as place (unit_code)
    where
        (%(export)s::text is null or failing.export = %(export)s)
        and (%(rule_id)s::text is null or failing.rule_id = %(rule_id)s)
        and (%(unit)s::text is null or place.unit_code = %(unit)s)
        and (
            %(issue)s::text is null
            or left(md5(failing.export || '|' || failing.word || '|' || place.unit_code), 16) = %(issue)s
        )
        and (%(units)s::text[] is null or place.unit_code = any(%(units)s))
    group by failing.export, failing.rule_id, failing.word, place.unit_code
),

said as (
    select distinct on (export, rule_id, word, unit_code)
        export,
        rule_id,
        word,
        unit_code,
        event_id,
        kind,
        assignee,
        at
    from quality.issue_event
    where kind in ('acknowledged', 'assigned', 'resolved', 'reopened')
    order by export, rule_id, word, unit_code, event_id desc
),

snoozed as (
    select distinct on (export, rule_id, word, unit_code)
        export,
        rule_id,
        word,
        unit_code,
        event_id,
        until
    from quality.issue_event
    where kind = 'snoozed'
    order by export, rule_id, word, unit_code, event_id desc
),

stated as (
    select
        issue.*,
        said.assignee,
        case when state.state = 'snoozed' then snoozed.until end as snoozed_until,
        state.state,
        unit.org_name as unit_name
    from issue
    left join known_unit as unit on unit.org_code = issue.unit_code
    left join said
        on
            said.export = issue.export
            and said.rule_id = issue.rule_id
            and said.word = issue.word
            and said.unit_code = issue.unit_code
    left join snoozed
        on
            snoozed.export = issue.export
            and snoozed.rule_id = issue.rule_id
            and snoozed.word = issue.word
            and snoozed.unit_code = issue.unit_code
            and snoozed.event_id > coalesce(said.event_id, 0)
            and snoozed.until >= current_date
    cross join lateral (
        values (
            case
                when said.kind = 'resolved' and issue.newest > said.at then 'reopened'
                when said.kind = 'resolved' then 'resolved'
                when issue.rows_open = 0 then 'at_source'
                when snoozed.until is not null then 'snoozed'
                else coalesce(said.kind, 'new')
            end
        )
    ) as state (state)
),

placed as (
    select
        stated.*,
        count(*) over () as issues,
        sum(stated.rows_open) over ()::bigint as rows_of_all,
        array[
            case %(sorted_by)s
                when 'rows' then to_char(999999999999 - stated.rows_open, 'FM000000000000')
                when 'oldest' then coalesce(stated.oldest::text, '')
                when 'unit' then stated.unit_code
                else ''
            end,
            stated.rule_id, stated.export, left(md5(stated.word), 16), stated.unit_code
        ] as place
    from stated
    where stated.state = any(%(states)s)
),

page as (
    select *
    from placed
    where %(after)s::text[] is null or place > %(after)s
    order by place
    limit %(most)s
)

select
    page.export,
    page.rule_id,
    page.word,
    page.unit_code,
    page.unit_name,
    page.severity,
    page.rows_open,
    page.rows_at_source,
    page.files,
    page.oldest,
    page.newest,
    page.senders,
    page.strange_codes,
    page.strange_senders,
    page.state,
    page.assignee,
    page.snoozed_until,
    least(
        of_rows.since,
        (select landed_at from landing.file where file_id = page.first_file),
        (
            select min(file.landed_at)
            from landing.file as file
            where
                file.export = page.export
                and file.sender = any(page.senders)
                and file.unknown_headers <> '{}'
                and page.word = any(file.unknown_headers)
        )
    ) as since,
    page.issues,
    page.rows_of_all,
    page.place
from page
cross join lateral (
    select min(file.landed_at) as since
    from unnest(page.codes) as code (unit_code)
    cross join lateral (
        select failed.file_id
        from quality.violation as failed
        where
            failed.rule_id = page.rule_id
            and failed.export = page.export
            and failed.unit_code = code.unit_code
            and coalesce(failed.word, '') = page.word
        order by failed.file_id
        limit 1
    ) as first
    inner join landing.file as file on file.file_id = first.file_id
) as of_rows
order by page.place
