"""What our agent says while it works, in the reader's language; another agent's words are shown as they came."""

from django.utils.translation import gettext_lazy as _

KNOWN = {
    "The provider's agent took the order.": _("The provider's agent took the order."),
    "Preparing an isolated workspace.": _("Preparing an isolated workspace."),
    "Starting JupyterLab.": _("Starting JupyterLab."),
}


def in_readers_language(step: str) -> str:
    return str(KNOWN.get(step, step))
