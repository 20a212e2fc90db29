-- The cells that somebody has to decide about: one row per failing cell, with all the rules that it breaks, errors
-- first. A cell about which a decision stands, or waits for a second person, is none of them, whatever else it breaks:
-- that decision is taken back first.
create or replace view quality.open_cell as
select
    broken.export,
    broken.sender,
    broken.record_key,
    broken.unit_code,
    broken.file_id,
    broken.line,
    broken.column_name,
    broken.cell_hash,
    max(broken.value) as value,
    array_agg(broken.rule_id order by array_position(array['error', 'warning'], broken.severity), broken.rule_id)
    as rule_ids
from quality.violation as broken
inner join landing.file as file on file.file_id = broken.file_id
where
    broken.closed_by is null
    and file.status in ('accepted', 'accepted_with_errors')
    and not exists (
        select
        from quality.decision_now as stands
        where
            stands.export = broken.export
            and stands.sender = broken.sender
            and stands.record_key = broken.record_key
            and stands.column_name = broken.column_name
            and stands.cell_hash = broken.cell_hash
            and stands.state in ('holds', 'waiting')
    )
group by
    broken.export, broken.sender, broken.record_key, broken.unit_code, broken.file_id, broken.line,
    broken.column_name, broken.cell_hash;

comment on view quality.open_cell is
'Cells that break a rule and that nobody has decided about yet, each with all the rules that it breaks. Values are '
'masked.';
