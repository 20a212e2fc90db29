-- Note which loaded files are to be judged again, and why. What their sender delivered of the export that has changed
-- has just had its turn.
--
-- %(stale)s: the numbers of files that ask what has changed; %(export)s, %(sender)s: what was loaded, and whose it is.
update landing.file
set reload_reason = %(reason)s
where
    file_id = any(%(stale)s)
    and status in ('accepted', 'accepted_with_errors')
    and reload_reason is null
    and not (export = %(export)s and sender = %(sender)s)
returning file_id, export
