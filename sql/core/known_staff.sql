-- title: Every staff code that was ever delivered

create or replace view core.known_staff as
select staff_code from core.staff
union
select staff_code from core.staff_history;
