-- Note loaded files that are to be judged again, because words of theirs mean something else now.
--
-- %(files)s: their numbers; %(reason)s: what is noted.
update landing.file
set reload_reason = %(reason)s
where
    file_id = any(%(files)s)
    and status in ('accepted', 'accepted_with_errors')
returning file_id
