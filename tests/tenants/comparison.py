"""Comparing two province schemas object by object, as PostgreSQL itself describes them."""

import re
from itertools import chain

from django.db import connection

OBJECTS = {
    "table": """
        SELECT relname, concat_ws(' ', relkind, relpersistence, relreplident, relrowsecurity, reloptions::text,
                                  obj_description(c.oid, 'pg_class'))
          FROM pg_class c WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'p', 'v', 'm', 'f')
    """,
    "column": """
        SELECT relname || '.' || attname,
               concat_ws(' ', 'at', attnum, format_type(atttypid, atttypmod), 'notnull', attnotnull, 'identity',
                         attidentity, 'generated', attgenerated, 'collation', attcollation, 'storage', attstorage,
                         'default', pg_get_expr(adbin, adrelid))
          FROM pg_attribute a JOIN pg_class c ON c.oid = attrelid LEFT JOIN pg_attrdef ON adrelid = attrelid
               AND adnum = attnum
         WHERE relnamespace = %(schema)s::regnamespace AND relkind IN ('r', 'p') AND attnum > 0 AND NOT attisdropped
    """,
    "sequence": """
        SELECT c.relname, concat_ws(' ', format_type(seqtypid, NULL), seqstart, seqincrement, seqmin, seqmax, seqcache,
                                    seqcycle, 'of', owner.relname, attname, deptype)
          FROM pg_sequence JOIN pg_class c ON c.oid = seqrelid
          LEFT JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND objid = c.oid AND deptype IN ('a', 'i')
          LEFT JOIN pg_class owner ON owner.oid = refobjid
          LEFT JOIN pg_attribute ON attrelid = refobjid AND attnum = refobjsubid
         WHERE c.relnamespace = %(schema)s::regnamespace
    """,
    "index": """
        SELECT relname, concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, indisprimary, indisunique)
          FROM pg_index JOIN pg_class c ON c.oid = indexrelid WHERE relnamespace = %(schema)s::regnamespace
    """,
    "constraint": """
        SELECT concat(conrelid::regclass, '.', conname),
               concat_ws(' ', contype, pg_get_constraintdef(oid), condeferrable, condeferred, convalidated)
          FROM pg_constraint WHERE connamespace = %(schema)s::regnamespace
    """,
    "trigger": """
        SELECT concat(tgrelid::regclass, '.', tgname),
               concat_ws(' ', pg_get_triggerdef(t.oid), tgenabled, obj_description(t.oid, 'pg_trigger'))
          FROM pg_trigger t JOIN pg_class c ON c.oid = tgrelid
         WHERE relnamespace = %(schema)s::regnamespace AND NOT tgisinternal
    """,
    "function": """
        SELECT proname || '(' || pg_get_function_identity_arguments(oid) || ')', pg_get_functiondef(oid)
          FROM pg_proc WHERE pronamespace = %(schema)s::regnamespace
    """,
    "type": """
        SELECT typname, concat_ws(' ', typtype, format_type(typbasetype, typtypmod), typdefault)
          FROM pg_type WHERE typnamespace = %(schema)s::regnamespace AND typtype IN ('d', 'e', 'r')
    """,
    "migration": """
        SELECT app || '.' || name, 'applied ' || row_number() OVER (ORDER BY id)
          FROM {schema}.django_migrations
    """,
}
"""Kind of object → query of its name and of everything PostgreSQL knows of it."""


def objects_of(schema: str) -> dict[str, str]:
    """Every object of the schema by kind and name, each with its definition; the schema's own name is blanked."""
    found: list[tuple[str, str]] = []
    with connection.cursor() as cursor:
        for kind, query in OBJECTS.items():
            cursor.execute(query.replace("{schema}", schema), {"schema": schema})
            found += [(f"{kind} {name}", definition) for name, definition in cursor.fetchall()]
    own = re.compile(rf'"?\b{schema}\b"?\.?')
    objects = {own.sub("", name): own.sub("", definition) for name, definition in found}
    assert len(objects) == len(found), "two objects of one kind bear one name"
    return objects


def differences(first: str, second: str) -> list[str]:
    """A line for each object that only one of the two schemas has, or that they define differently."""
    one, other = objects_of(first), objects_of(second)
    lines = []
    for name in sorted(set(chain(one, other))):
        if name not in other:
            lines.append(f"only {first} has {name}")
        elif name not in one:
            lines.append(f"only {second} has {name}")
        elif one[name] != other[name]:
            lines.append(f"{name}: {first} has {one[name]!r}, {second} has {other[name]!r}")
    return lines
