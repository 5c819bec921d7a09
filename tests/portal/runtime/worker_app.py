"""The portal's Celery application with one task more, which leaves a trace in a file."""

import time
from pathlib import Path

from portal.celery import app

app.conf.broker_transport_options = {**app.conf.broker_transport_options, "visibility_timeout": 5}


@app.task(name="tests.trace")
def trace(path: str, seconds: float) -> None:
    with Path(path).open("a") as file:
        file.write("began\n")
    time.sleep(seconds)
    with Path(path).open("a") as file:
        file.write("ended\n")
