-- What schema reporting promises: each view, and each function that returns rows, with its columns in their order.
with shape as (
    select
        relation.relname::text as name,
        '' as arguments,
        coalesce(obj_description(relation.oid, 'pg_class'), '') as meaning,
        relation.oid as shape_of
    from pg_class as relation
    where relation.relnamespace = 'reporting'::regnamespace and relation.relkind = 'v'
    union all
    select
        called.proname || '()',
        pg_get_function_identity_arguments(called.oid),
        coalesce(obj_description(called.oid, 'pg_proc'), ''),
        kind.typrelid
    from pg_proc as called
    inner join pg_type as kind on kind.oid = called.prorettype and kind.typrelid <> 0
    where called.pronamespace = 'reporting'::regnamespace
)

select
    shape.name,
    shape.arguments,
    shape.meaning,
    json_agg(
        json_build_array(
            col.attname, format_type(col.atttypid, col.atttypmod), coalesce(col_description(col.attrelid, col.attnum), '')
        )
        order by col.attnum
    ) as columns
from shape
inner join pg_attribute as col on col.attrelid = shape.shape_of and col.attnum > 0 and not col.attisdropped
group by shape.name, shape.arguments, shape.meaning
order by shape.name
