-- Of each sender and export the last delivery that stands; not of senders whose lists are those of units that have
-- nothing to do with a release: neither in it nor above it. release_scope, window_unit, window_subtree.
select
    file.export,
    file.sender,
    max(file.delivered_on) as last_on
from landing.file as file
where
    file.status in ('accepted', 'accepted_with_errors', 'duplicate')
    and (
        not exists (select from core.list_owner as owner where owner.sender = file.sender)
        or exists (
            select
            from core.list_owner as owner
            inner join window_unit as unit on unit.code = owner.org_code
            inner join window_subtree as below on below.unit_code = unit.unit_code
            inner join release_scope as scope on scope.part_code = below.part_code
            where owner.sender = file.sender
        )
    )
group by file.export, file.sender
order by file.export, file.sender
