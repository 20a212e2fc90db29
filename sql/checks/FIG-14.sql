-- rule_id: FIG-14
-- title: "Tổng của huyện bằng bộ phận một cửa huyện cộng các xã"
-- statement: "the district's total = its own desk + the sum of its communes"
-- severity: finding
-- over: flow

-- `own_received` is counted from the facts of the district and its bodies; the communes are their own rows.
select
    district.unit_code,
    district.field as subject,
    district.received as left_side,
    district.own_received + coalesce(sum(commune.received), 0) as right_side
from proved_flow as district
left join proved_flow as commune
    on commune.parent_unit = district.unit_key and commune.unit_level = 'commune' and commune.field = district.field
where district.unit_level = 'district' and district.field = 'Tất cả'
group by district.unit_key, district.unit_code, district.field, district.received, district.own_received
having district.received <> district.own_received + coalesce(sum(commune.received), 0)
