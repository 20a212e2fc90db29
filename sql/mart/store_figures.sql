-- Only what differs is written: made again from the same data, a period does not change.
with gone as (
    delete from mart.indicator as stored
    where
        stored.cadence = %(cadence)s
        and stored.period_code = %(period_code)s
        and not exists (
            select
            from window_figure as made
            where
                made.province_code = stored.province_code
                and made.unit_code = stored.unit_code
                and made.unit_valid_from = stored.unit_valid_from
                and made.indicator_code = stored.indicator_code
        )
    returning 1
),

changed as (
    select made.*
    from window_figure as made
    left join mart.indicator as stored
        on
            stored.province_code = made.province_code
            and stored.cadence = %(cadence)s
            and stored.period_code = %(period_code)s
            and stored.unit_code = made.unit_code
            and stored.unit_valid_from = made.unit_valid_from
            and stored.indicator_code = made.indicator_code
    where
        (
            stored.period_start, stored.period_end, stored.as_of, stored.unit_name, stored.unit_level, stored.value,
            stored.numerator, stored.denominator, stored.status, stored.definition_version, stored.is_current_meaning,
            stored.reason
        ) is distinct from (
            %(period_start)s, %(last_day)s, %(as_of)s, made.unit_name, made.unit_level, made.value,
            made.numerator, made.denominator, made.status, made.definition_version, made.is_current_meaning, made.reason
        )
),

written as (
    insert into mart.indicator (
        province_code, cadence, period_code, period_start, period_end, as_of, unit_code, unit_valid_from, unit_name,
        unit_level, indicator_code, value, numerator, denominator, status, definition_version, file_id, computed_at,
        is_current_meaning, reason
    )
    select
        province_code,
        %(cadence)s,
        %(period_code)s,
        %(period_start)s,
        %(last_day)s,
        %(as_of)s,
        unit_code,
        unit_valid_from,
        unit_name,
        unit_level,
        indicator_code,
        value,
        numerator,
        denominator,
        status,
        definition_version,
        file_id,
        now(),
        is_current_meaning,
        reason
    from changed
    on conflict (province_code, cadence, period_code, unit_code, unit_valid_from, indicator_code) do update
        set
            period_start = excluded.period_start,
            period_end = excluded.period_end,
            as_of = excluded.as_of,
            unit_name = excluded.unit_name,
            unit_level = excluded.unit_level,
            value = excluded.value,
            numerator = excluded.numerator,
            denominator = excluded.denominator,
            status = excluded.status,
            definition_version = excluded.definition_version,
            file_id = excluded.file_id,
            computed_at = excluded.computed_at,
            is_current_meaning = excluded.is_current_meaning,
            reason = excluded.reason
    returning 1
)

select
    (select count(*) from window_figure),
    (select count(*) from written) + (select count(*) from gone)
