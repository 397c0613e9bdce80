"""The WSGI application, which gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from audits import vault

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
vault.require_key()
