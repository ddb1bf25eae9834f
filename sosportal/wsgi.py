"""The WSGI application that the server loads."""

import gc
import os

from django.core.wsgi import get_wsgi_application

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "sosportal.settings")

application = get_wsgi_application()

# What stands now stands until the process ends: the collector need not look at it again and again (decision 0006).
gc.collect()
gc.freeze()
gc.set_threshold(50_000, 20, 20)
