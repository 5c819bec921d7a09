"""Bare Django as a WSGI application: the view that pages are compared with."""

from django.core.wsgi import get_wsgi_application

from tests.benchmarks import tenancy

tenancy.configure(tenancy.BARE)
application = get_wsgi_application()
