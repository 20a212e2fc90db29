-- title: Whose the lists of a sender are: which units own them

-- The owners are the unit that somebody set for the sender; else the units that the sender delivers and whose parent it
-- does not; of a sender that delivers no units, the unit whose code is its name: every unit that is no sender of units
-- stands here under its own code. The name of a file tells nothing else.
-- So it is now. A window asks whose it was then, in another tree, but by the same rule: which of the three goes before
-- which, and what topmost is, stands in sql/window/2_procedure.sql (window_owner) a second time. Change both.
create or replace view core.list_owner as
with unit as (
    select
        province_code,
        org_code
    from core.unit
    union
    select
        province_code,
        org_code
    from core.unit_history
)

select
    unit.province_code,
    said.sender,
    unit.org_code,
    'set' as reason
from landing.sender_unit as said
inner join unit on unit.org_code = said.org_code
union all
select
    top.province_code,
    top.sender,
    top.org_code,
    'topmost' as reason
from core.unit as top
where
    not exists (select from landing.sender_unit as said where said.sender = top.sender)
    and not exists (
        select
        from core.unit as parent
        where
            parent.province_code = top.province_code
            and parent.sender = top.sender
            and parent.org_code = top.parent_code
            and parent.org_code <> top.org_code
    )
union all
select distinct
    unit.province_code,
    named.sender,
    unit.org_code,
    'name' as reason
from unit
-- a code is kept in capitals; a file may be called after it in small letters
cross join lateral (values (unit.org_code), (lower(unit.org_code))) as named (sender)
where
    not exists (select from landing.sender_unit as said where said.sender = named.sender)
    and not exists (
        select from core.unit as own where own.province_code = unit.province_code and own.sender = named.sender
    );

comment on view core.list_owner is
'Whose the lists of a sender are, as its last list of units tells; reason: set by somebody, topmost of its units, or '
'its name.';
