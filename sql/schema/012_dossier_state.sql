-- A state that has no day of its own is looked up when figures are made (sql/window/3_dossier_state.sql): few dossiers
-- are paused, or withdrawn without a day, and these indexes find them. Where a query is to use one, it repeats its
-- condition.
create index if not exists dossier_paused on core.dossier (delivered_on)
where status in ('Yêu cầu bổ sung', 'Yêu cầu thực hiện nghĩa vụ tài chính', 'Dừng xử lý');

create index if not exists dossier_history_paused on core.dossier_history (superseded_on)
where status in ('Yêu cầu bổ sung', 'Yêu cầu thực hiện nghĩa vụ tài chính', 'Dừng xử lý');

create index if not exists dossier_withdrawn_undated on core.dossier (delivered_on)
where status = 'Công dân rút hồ sơ' and finished_on is null and returned_on is null;
