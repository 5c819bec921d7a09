"""Starting and checking the portal: quickstart, doctor, embedded PostgreSQL, health."""
