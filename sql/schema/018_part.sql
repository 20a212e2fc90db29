-- Which part of a delivery a file is, under whatever name it came. Every statement may be run again on a database that
-- has it.

-- <sender>.csv, or <sender>.1.csv of a delivery in parts: "duc-co (1).csv", a second download, is duc-co.csv again
alter table landing.file add column if not exists part text not null default '';
update landing.file set part = regexp_replace(path, '^.*/', '') where part = '';
