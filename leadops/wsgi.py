"""The web's way in, for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadops.settings")

application = get_wsgi_application()

# Workers share what is loaded before they are forked, as long as nobody writes to it.
_ = get_resolver().url_patterns
gc.collect()
gc.freeze()
