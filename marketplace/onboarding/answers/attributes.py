"""What an applicant must show before it may sell in a province: one row per attribute, checked one by one.

A telecom business licence, a filing under the classified protection of cyber security (等保) and the proof of a data
centre are what the rules for computing-power nodes ask of an operator; the rest is what the portal needs
to name the provider and to pay it. What the fields of an attribute are stands in `forms.py` under the same slug.
"""

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _


@dataclass(frozen=True)
class Attribute:
    slug: str
    title: Any
    help: Any
    """What the applicant gives here."""
    verify: Any
    """What staff compare before they accept it."""
    documents: Any = ""
    """Name of the documents asked for; empty where none are taken."""
    must_prove: bool = False
    """Whether at least one document is needed."""
    kept: str = ""
    """Kind of data that some staff roles do not see (`permissions.HIDDEN_FROM`)."""


ATTRIBUTES = (
    Attribute(
        "identity",
        _("Legal identity"),
        _("Registered name and credit code as national staff have verified them. There is nothing to fill in."),
        _("Name and credit code are those of the business licence below and of the public register."),
    ),
    Attribute(
        "profile",
        _("Name buyers see"),
        _("The short name of your offers, and the Latin word that stands in addresses and identifiers."),
        _("The short name belongs to the applicant and is not taken for somebody else's."),
    ),
    Attribute(
        "business_licence",
        _("Business licence"),
        _("A readable scan of the whole licence, and until when it is valid."),
        _("The licence is valid, and its scope covers computing or data-centre services."),
        documents=_("Scan of the business licence"),
        must_prove=True,
    ),
    Attribute(
        "telecom_licence",
        _("Value-added telecom business licence"),
        _("Number, last day and scan of the licence for data-centre or cloud business (B1)."),
        _("The number is in the register of the telecom authority, the licence covers this province and is valid."),
        documents=_("Scan of the telecom licence"),
        must_prove=True,
    ),
    Attribute(
        "data_centre",
        _("Data centre"),
        _("Where the cards stand, by what right you use the place, and the proof of it."),
        _("Deed or lease names the applicant and the address, and outlasts a year."),
        documents=_("Deed, lease or hosting contract"),
        must_prove=True,
    ),
    Attribute(
        "service",
        _("What you sell"),
        _("The kinds of computing you will offer, and whom you serve."),
        _("Licence and data centre fit what is to be sold."),
    ),
    Attribute(
        "security_filing",
        _("Classified protection of cyber security"),
        _("Level and number of the filing with the public security authority, and its certificate."),
        _("The filing is of the system that will run the cards, level 2 or higher."),
        documents=_("Filing certificate"),
        must_prove=True,
    ),
    Attribute(
        "contact",
        _("Contact on duty"),
        _("Who answers day and night when a resource fails. Only staff of the province see it."),
        _("Somebody answered at the number and the address."),
        kept="contacts",
    ),
    Attribute(
        "bank_account",
        _("Account for payouts"),
        _("The account is kept encrypted; pages show its last four digits. Its holder must be the organisation."),
        _("The holder is the applicant's registered name."),
        documents=_("Account opening certificate"),
        kept="contacts",
    ),
)
BY_SLUG = {one.slug: one for one in ATTRIBUTES}
SLUGS = [(one.slug, one.title) for one in ATTRIBUTES]
