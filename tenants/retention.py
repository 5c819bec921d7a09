"""The free text of this app is about things and organisations, not about people; with the reason."""

from tenants.registry import fields_of

NOT_PERSONAL = {
    "framework: names of models, rights and hosts": (*fields_of("tenants.domain", "domain"),),
    "about a division": (
        *fields_of("tenants.province", "schema_name gb2260 name_zh name_en short_zh region_zh region_en"),
        *fields_of("tenants.province", "hub_zh migration_failure workspace_networks"),
    ),
}
"""Reason → fields with free text that say nothing about a person."""
