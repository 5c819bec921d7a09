"""The mark on views that visitors may come in. Without a mark a page asks for a sign-in."""

from django.contrib.auth.decorators import login_not_required as open_to_visitors

__all__ = ["open_to_visitors"]
