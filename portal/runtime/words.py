"""What acts of the runtime are called on pages."""

from django.utils.translation import pgettext_lazy

ACTS = {
    "sample.loaded": pgettext_lazy("recorded act", "sample data loaded"),
}
