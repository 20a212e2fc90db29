-- Every sender that ever delivered a file, or that somebody set a unit for: what it delivers, the units that own its
-- lists, and why they do.
with sent as (
    select
        sender,
        array_agg(distinct export order by export) as exports
    from landing.file
    group by sender
    union all
    select
        sender,
        '{}' as exports
    from landing.sender_unit
    where sender not in (select sender from landing.file)
)

select
    sent.sender,
    sent.exports,
    coalesce(
        array_agg(distinct owner.org_code order by owner.org_code) filter (where owner.org_code is not null), '{}'
    ) as units,
    coalesce(min(owner.reason), '') as reason
from sent
left join core.list_owner as owner on owner.sender = sent.sender
group by sent.sender, sent.exports
order by sent.sender
