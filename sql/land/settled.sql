-- Files about which a person has answered what still holds: they let it wait, or took it with the rows that were kept
-- out. An answer holds in the run that asked; that so many rows may be kept out holds until more are.
--
-- %(file_ids)s: of these; %(run)s: the DAG and its run, null: only what holds in every run; %(load)s, %(hold)s: the
-- options.
with last_question as (
    select distinct on (file_id, about)
        question_id,
        file_id,
        about,
        rows_quarantined,
        run
    from landing.question
    where file_id = any(%(file_ids)s)
    order by file_id, about, question_id desc
)

select distinct file.file_id
from last_question as question
inner join landing.answer using (question_id)
inner join landing.file using (file_id)
where
    answer.verdict = 'counts'
    and file.reload_reason is null
    and case question.about
        when 'held' then file.status = 'held' and answer.option = %(hold)s and question.run = %(run)s
        else
            file.status like 'accepted%%'
            and file.rows_quarantined <= question.rows_quarantined
            and (answer.option = %(load)s or answer.option = %(hold)s and question.run = %(run)s)
    end
