"""The portal as a WSGI application, for granian."""

import gc
import os

from django.core.wsgi import get_wsgi_application

from portal.runtime.web.lengths import with_length

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "portal.settings")

application = with_length(get_wsgi_application())

# What start-up made lives as long as the process: collections need not walk it (a tenth of the CPU of a purchase).
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 20)
