-- Of the window that was opened, leave one unit with its subtree: what is counted for others is not looked for.
--
-- %(code)s, %(valid_from)s: the unit.
update window_unit
set is_in_window = is_in_window and code = %(code)s and valid_from = %(valid_from)s;

delete from window_subtree as subtree
using window_unit as unit
where unit.unit_code = subtree.unit_code and not unit.is_in_window;

analyze pg_temp.window_subtree
