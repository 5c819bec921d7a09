"""Bare Django, served as the portal is: the view that pages are compared with."""

from django.core.wsgi import get_wsgi_application

from portal.runtime.web.serving import Serving
from tests.benchmarks import tenancy

tenancy.configure(tenancy.BARE)
application = Serving(get_wsgi_application())
