-- What was asked about a file, with what was answered; the last question first.
--
-- %(file_id)s: the file.
select
    question.question_id,
    question.file_id,
    question.about,
    question.said,
    question.options,
    question.default_option,
    question.at as asked_at,
    question.until,
    question.run,
    answer.option,
    answer.by_id,
    answer.by_name,
    answer.reason,
    answer.answered_at,
    answer.verdict,
    answer.said as why_not
from landing.question
left join landing.answer using (question_id)
where question.file_id = %(file_id)s
order by question.question_id desc
