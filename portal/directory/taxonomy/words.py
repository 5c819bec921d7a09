"""What the codes of the national taxonomy are called; the codes themselves are what files and the API say."""

from django.utils.translation import pgettext_lazy

CLASSES = {
    "train-large": pgettext_lazy("card class", "large training"),
    "train-mid": pgettext_lazy("card class", "medium training"),
    "infer-large": pgettext_lazy("card class", "large inference"),
    "infer-small": pgettext_lazy("card class", "small inference"),
    "render": pgettext_lazy("card class", "rendering"),
    "hpc-fp64": pgettext_lazy("card class", "scientific computing (FP64)"),
    "unsorted": pgettext_lazy("card class", "not sorted yet"),
}
BASES = {
    "cited": pgettext_lazy("basis", "source named"),
    "own-knowledge": pgettext_lazy("basis", "no source named"),
    "declared": pgettext_lazy("basis", "declared by a provider"),
}
