"""The WSGI application, which gunicorn serves."""

import os

from django.core.wsgi import get_wsgi_application

from audits import vault
from audits.sealing import configured

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

application = get_wsgi_application()
vault.require_key()
configured.receipt_key()  # a missing key is found now, not by the first command
