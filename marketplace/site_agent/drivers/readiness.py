"""Whether a workspace works, asked of the workspace itself."""

import time
from threading import Event

from marketplace.site_agent.drivers import DriverError, jupyter
from marketplace.site_agent.drivers.isolation import Folders
from marketplace.site_agent.drivers.start import last_words
from marketplace.site_agent.drivers.workspaces import Workspace

WITHIN_SECONDS = 40.0
LOOK_EVERY_SECONDS = 0.03


def missing(workspace: Workspace, folders: Folders) -> str:
    """What does not work yet, as a sentence; empty when everything does."""
    return jupyter.missing(folders.run, workspace.secret, card_model=workspace.card_model, serials=workspace.serials)


def wait(workspace: Workspace, folders: Folders, stop: Event) -> None:
    """Until it works. Raises `DriverError` if it ends, takes too long or is no longer wanted."""
    deadline = time.monotonic() + WITHIN_SECONDS
    while not stop.wait(LOOK_EVERY_SECONDS):
        sentence = missing(workspace, folders)
        if not sentence:
            return
        if not workspace.runs:
            said = f"The workspace ended while starting. {last_words(folders)}"
            raise DriverError("internal", said, retryable=True)
        if time.monotonic() > deadline:
            raise DriverError("internal", sentence, retryable=True)
    raise DriverError("policy", "The lease was withdrawn while its workspace was starting.", retryable=False)
