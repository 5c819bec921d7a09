"""What agents say of their health, in the reader's language; another agent's words are shown as they came."""

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from marketplace.activation.models import Agent

SENTENCES: dict[str, Any] = {
    "starting": _("The agent is starting."),
    "isolated": _("Workspaces are isolated (%(walls)s)."),
    "state_exposed": _("The state folder lies in %(folder)s, which every workspace can read. Move it."),
    "loopback_only": _("This machine cannot isolate workspaces: %(reason)s. It serves sample sales on loopback only."),
    "not_isolated": _("This machine cannot isolate workspaces: %(reason)s. It sells nothing."),
}
WORDS: dict[str, Any] = {
    "own user": pgettext_lazy("walls", "own user"),
    "own user namespace": pgettext_lazy("walls", "own user namespace"),
    "bubblewrap (bwrap) is not installed": _("bubblewrap (bwrap) is not installed"),
}


def sentence_of(agent: Agent) -> str:
    known = SENTENCES.get(agent.health_code)
    if known is None:
        return agent.health
    try:
        words = {name: str(WORDS.get(word, word)) for name, word in agent.health_facts.get("words", {}).items()}
        return str(known) % words
    except (KeyError, ValueError, TypeError, AttributeError):
        return agent.health  # an agent that names a sentence without its words
