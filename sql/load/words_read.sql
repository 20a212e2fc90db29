-- The words outside of the vocabulary by which loaded files of an export were read, and what each was taken for.
--
-- %(export)s, %(role)s: the column that is asked for.
select
    file.file_id,
    file.layout,
    read_word.word,
    read_word.meaning
from landing.file_word as read_word
inner join landing.file as file on file.file_id = read_word.file_id
where
    file.export = %(export)s
    and file.status in ('accepted', 'accepted_with_errors')
    and read_word.column_name = %(role)s
