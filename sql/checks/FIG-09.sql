-- rule_id: FIG-09
-- title: "Tỷ lệ từ 0 đến 100; số đếm là số nguyên không âm; mã số nằm trong danh mục"
-- statement: "every percentage is 0 to 100; every count is a whole number not below zero; every code is in its list"
-- severity: finding
-- over: figures

-- The nearest value that is possible stands on the right.
select
    unit_code,
    code as subject,
    value as left_side,
    case
        when unit_of_measure = '%' then least(greatest(value, 0), 100)
        when unit_of_measure not like '%=%' then greatest(round(value), 0)
    end as right_side
from proved_figure
where
    case
        when unit_of_measure = '%' then value not between 0 and 100
        when unit_of_measure like '%=%'
            then value::text not in (
                select listed.parts[1]
                from regexp_matches(unit_of_measure, '=\s*(\d+)', 'g') as listed (parts)
            )
        else value < 0 or value <> trunc(value)
    end
