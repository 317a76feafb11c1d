"""The web's way in, for gunicorn."""

import gc
import os

from django.core.wsgi import get_wsgi_application
from django.urls import get_resolver

from leadops import templates

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "leadops.settings")

application = get_wsgi_application()

# Workers share what is loaded before they are forked, as long as nobody writes to it; and nobody waits for it.
_ = get_resolver().url_patterns
templates.read_all()
gc.collect()
gc.freeze()
# A page makes some twenty thousand objects and lets go of nearly all: looked through once at its end, not ten times on the way.
gc.set_threshold(20_000, 10, 10)
