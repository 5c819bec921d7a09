"""Short names of provinces for templates."""

from django import template

from portal.overview.home import names

register = template.Library()
register.filter("plain_name", names.plain_name)
register.filter("tile_name", names.tile_name)
register.filter("seal", names.seal)
