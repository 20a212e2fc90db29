-- Files about which somebody was asked, and may still answer.
select distinct
    question.file_id,
    file.export,
    file.sender,
    file.delivered_on
from landing.question as question
inner join landing.file as file on file.file_id = question.file_id
left join landing.answer as answer on answer.question_id = question.question_id
where answer.question_id is null and question.until > now()
order by question.file_id
