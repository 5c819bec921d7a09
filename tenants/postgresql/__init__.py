"""The database backend of the portal: django-tenants' own, without needless `SET search_path`."""
