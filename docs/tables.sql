-- Every table and view of the warehouse: its comment, key and columns in their order. Partitions are left out.
select
    space.nspname as "schema",
    relation.relname as name,
    relation.relkind = 'v' as is_view,
    coalesce(obj_description(relation.oid, 'pg_class'), '') as comment,
    coalesce(lower(pg_get_partkeydef(relation.oid)), '') as partitioned_by,
    array(
        select own.attname::text
        from pg_constraint as constr
        inner join pg_attribute as own on own.attrelid = constr.conrelid and own.attnum = any(constr.conkey)
        where constr.conrelid = relation.oid and constr.contype = 'p'
        order by array_position(constr.conkey, own.attnum)
    ) as key,
    (
        select json_agg(
            json_build_array(
                own.attname,
                format_type(own.atttypid, own.atttypmod),
                coalesce(col_description(relation.oid, own.attnum), '')
            )
            order by own.attnum
        )
        from pg_attribute as own
        where own.attrelid = relation.oid and own.attnum > 0 and not own.attisdropped
    ) as columns
from pg_class as relation
inner join pg_namespace as space on space.oid = relation.relnamespace
where space.nspname = any(%(schemas)s) and relation.relkind in ('r', 'p', 'v') and not relation.relispartition
order by array_position(%(schemas)s, space.nspname::text), relation.relname;
