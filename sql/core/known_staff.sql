create or replace view core.known_staff as
select staff_code from core.staff
union
select staff_code from core.staff_history;

comment on view core.known_staff is
'Every staff code that was ever delivered.';
