-- Every field (Lĩnh vực) that a dossier may be of: those of the list that ships with the project, an office's own, and
-- those of the lists of procedures. The name of the total is none.
create or replace view core.known_field as
select
    word,
    field
from core.field
where word <> 'tất cả'
union all
select
    core.fold(listed.field) as word,
    max(listed.field) as field -- of two spellings the one in small letters
from (
    select field from core.procedure
    union
    select field from core.procedure_history
) as listed
where
    core.fold(listed.field) <> 'tất cả'
    and not exists (select from core.field as shipped where shipped.word = core.fold(listed.field))
group by core.fold(listed.field);

comment on view core.known_field is
'Every field (Lĩnh vực) that a dossier may be of, by the word it is compared by.';
