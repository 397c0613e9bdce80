"""Django's PostgreSQL backend, with a pool that notices a restart of the server at once."""
