"""The portal's Celery application without places for probes: how it was when probes shared the queue of everything."""

import django

from portal.celery import app

django.setup()

from marketplace.activation.fulfilment import places  # noqa: E402
from marketplace.activation.fulfilment.place_models import ProbePlace  # noqa: E402

places.take = lambda agent, resource: ProbePlace(agent_id=agent)

__all__ = ["app"]
