"""Names of attributes in e-mails, which carry their slugs and are read in two languages."""

from django import template

from marketplace.onboarding.answers.attributes import BY_SLUG

register = template.Library()


@register.filter
def attribute_title(slug: str) -> str:
    return str(BY_SLUG[slug].title)
