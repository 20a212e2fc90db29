-- creates: [window_figure]

-- Every unit of the window has a figure for every indicator: a value, or the reason why there is none.
create temp table window_figure on commit drop as
with gap as (
    select
        indicator_code,
        unit_code,
        string_agg(sentence, '; ' order by sentence) as reason
    from (
        select
            gap.indicator_code,
            gap.unit_code,
            mart.column_missing(header.header, array_agg(distinct gap.sender)) as sentence
        from window_gap as gap
        inner join window_header as header on header.needs = gap.needs
        group by gap.indicator_code, gap.unit_code, header.header
    ) as column_missing
    group by indicator_code, unit_code
)

select
    unit.province_code,
    unit.code as unit_code,
    unit.valid_from as unit_valid_from,
    unit.name as unit_name,
    unit.level as unit_level,
    indicator.code as indicator_code,
    found.numerator,
    found.denominator,
    found.status,
    case
        when found.status = 'observed'
            then mart.figure_value(found.numerator, found.denominator, indicator.decimals, indicator.is_share)
    end as value,
    indicator.version as definition_version,
    indicator.file_id,
    unit.is_current_meaning,
    case when found.status = 'not_computable' then gap.reason end as reason
from window_unit as unit
cross join window_indicator as indicator
left join gap on gap.indicator_code = indicator.code and gap.unit_code = unit.unit_code
left join window_result as result on result.indicator_code = indicator.code and result.unit_code = unit.unit_code
cross join lateral (
    select
        case
            when unit.level <> all(indicator.levels) then 'not_applicable'
            when not indicator.is_known then 'not_reported'
            when gap.reason is not null then 'not_computable'
            when result.numerator is null and not indicator.is_computed then 'not_reported'
            when result.numerator is null and indicator.is_share then 'undefined'
            when result.denominator = 0 then 'undefined'
            else 'observed'
        end as status
) as judged
cross join lateral (
    select
        judged.status,
        case
            when judged.status = 'observed' then coalesce(result.numerator, 0)
            when judged.status = 'undefined' then result.numerator
        end as numerator,
        case when judged.status in ('observed', 'undefined') then result.denominator end as denominator
) as found
where unit.is_in_window
