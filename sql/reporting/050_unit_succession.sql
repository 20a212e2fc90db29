create or replace view reporting.unit_succession with (security_barrier) as
select
    s.old_code,
    greatest(s.old_valid_from, date '1900-01-01') as old_valid_from,
    before.name as old_name,
    s.new_code,
    greatest(s.new_valid_from, date '1900-01-01') as new_valid_from,
    after.name as new_name,
    s.effective_on,
    s.decree
from core.unit_succession as s
left join core.administrative_unit as before on before.code = s.old_code and before.valid_from = s.old_valid_from
left join core.administrative_unit as after on after.code = s.new_code and after.valid_from = s.new_valid_from
where
    (select access.whole_province()) is not null
    or s.old_code in (select seen.unit_code from access.seen_units() as seen)
    or s.new_code in (select seen.unit_code from access.seen_units() as seen);

comment on view reporting.unit_succession is
'Đơn vị hành chính cũ và đơn vị kế thừa, theo nghị quyết sắp xếp. Một mã có thể mang nghĩa mới: (mã, ngày hiệu lực) '
'mới là đơn vị.';

create or replace view reporting.administrative_unit with (security_barrier) as
select
    code,
    name,
    level,
    parent_code,
    greatest(valid_from, date '1900-01-01') as valid_from,
    valid_to,
    decree
from core.administrative_unit
where
    (select access.whole_province()) is not null
    or code in (select seen.unit_code from access.seen_units() as seen);

comment on view reporting.administrative_unit is
'Mã đơn vị hành chính của Gia Lai và Đức Cơ trước và sau ngày 01/7/2025; valid_to là ngày đầu tiên không còn hiệu lực.';
