-- Whether a row of another load has a key that this load has put in: only looked for in a table whose primary key holds
-- the day beside the key, and so does not keep the key unique by itself.
--
-- %(file_id)s: the file that is loaded.
-- {core}: the table; {same_key}: that `mine` and `other` agree in the key.
select exists ( -- noqa: LT01,LT06
    select
    from {core} as mine
    inner join {core} as other
        on
            {same_key}
            and other.file_id <> mine.file_id
    where mine.file_id = %(file_id)s
)
