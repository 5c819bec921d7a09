"""Why the agent cannot do what it was asked; the text is one sentence for the person who runs it."""


class Problem(Exception):
    """The command line ends with exit 2 and this sentence."""
