"""The environment variables that a development machine gives to Tollgate's processes."""

# Nothing here protects anything: the servers it is for listen on this machine alone.
LOCAL = {
    "DJANGO_SETTINGS_MODULE": "config.settings",
    "TOLLGATE_ALLOWED_HOSTS": "127.0.0.1,localhost",
    "TOLLGATE_HTTPS_ONLY": "false",
    "TOLLGATE_STATIC_FROM_SOURCE": "true",
}
TESTING = LOCAL | {
    "TOLLGATE_SECRET_KEY": "a key for tests, which protects nothing at all",
    "TOLLGATE_ALLOWED_HOSTS": "127.0.0.1,localhost,testserver",
    # Threads of a test would otherwise have to share a bounded pool with its other threads.
    "DATABASE_POOL_MAX": "0",
}
