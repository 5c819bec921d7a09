"""The portal as an RSGI application, for granian: Django in threads, behind bodies that are complete."""

from portal.runtime.web.serving import Serving
from portal.wsgi import application as django

application = Serving(django)
