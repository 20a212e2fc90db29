-- Dossiers that one unit received and another resolves. Every statement may be run again on a database that has it.

alter table mart.dossier_daily add column if not exists elsewhere_in bigint not null default 0;
alter table mart.dossier_daily add column if not exists elsewhere_out bigint not null default 0;
alter table mart.dossier_unknown add column if not exists elsewhere_in bigint not null default 0;
alter table mart.dossier_unknown add column if not exists elsewhere_out bigint not null default 0;

-- of what was received here or carried over, how many others resolve, less what this unit resolves for others
alter table mart.dossier_flow add column if not exists resolved_elsewhere bigint default 0;
