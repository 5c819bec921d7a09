"""Money on the national staff site: transfers are recorded and booked, everything else is read."""

from decimal import Decimal
from typing import Any, ClassVar, cast

from django import forms
from django.conf import settings
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from portal.accounts import uscc
from portal.accounts.models import Organisation, User
from portal.ledger import actions, statement
from portal.ledger.actions import reversing
from portal.ledger.models import Account, Posting, Reservation, TopUp, TopUpState, Transaction
from portal.staff.model_admin import Act, PortalAdmin, PortalInline
from portal.staff.sites import national_site
from portal.staff.tables.imports import Import, ImportsFiles
from portal.web.texts import normal
from portal.web.texts.fields import DecimalField
from portal.web.texts.lines import LineField
from portal.web.wording import MICRO, YUAN, gap, money_exact


class TopUpForm(forms.ModelForm):  # type: ignore[type-arg]
    """What the bank statement says: who paid, how much, under which reference."""

    credit_code = forms.CharField(label=_("Unified social credit code of the payer"), max_length=40)
    amount = DecimalField(
        label=_("Amount in yuan"), min_value=Decimal("0.000001"), max_digits=15, decimal_places=6, written=YUAN
    )
    bank_reference = LineField(label=_("Bank reference"), max_length=60)

    class Meta:
        model = TopUp
        fields = ("bank_reference",)

    def clean_credit_code(self) -> str:
        code = uscc.plain(self.cleaned_data["credit_code"])
        self.payer = Organisation.objects.filter(uscc=code).first()
        if self.payer is None:
            raise forms.ValidationError(_("No organisation has this credit code. Nothing was recorded."))
        return code

    def clean_bank_reference(self) -> str:
        reference = normal.text(self.cleaned_data["bank_reference"])
        if normal.is_shortened(reference):
            raise forms.ValidationError(normal.SHORTENED)
        if TopUp.objects.standing().filter(reference_key=actions.reference_key(reference)).exists():
            raise forms.ValidationError(_("This transfer was recorded before. Nothing was booked."))
        return reference

    @property
    def amount_u(self) -> int:
        return int(self.cleaned_data["amount"] * MICRO)


def _recorded(top_up: TopUp) -> str:
    """What the second pair of eyes must see."""
    facts = {
        "payer": f"{top_up.organisation.name} ({top_up.organisation.uscc})",
        "amount": money_exact(top_up.amount_u),
        "reference": top_up.bank_reference,
        "person": top_up.recorded_by,
    }
    return gettext("%(payer)s: %(amount)s, reference %(reference)s, recorded by %(person)s.") % facts


def _reversal_asked(top_up: TopUp) -> str:
    asked = gettext("Reversal asked for by %(person)s. The reason: %(reason)s")
    told = asked % {"person": top_up.reversal_asked_by, "reason": top_up.reversal_reason}
    return f"{_recorded(top_up)}{gap()}{told}"


@admin.register(TopUp, site=national_site)
class TopUpAdmin(ImportsFiles, PortalAdmin):
    file_import = Import(
        statement.COLUMNS,
        _(
            "Transfers within the four-eyes limit of the day, of each organisation and of you, are added to the "
            "wallets at once; the others wait for the second officer."
        ),
        statement.plan,
        statement.take,
        keys=("reference", "credit_code"),
    )
    list_display = ("bank_reference", "organisation", "amount_u", "state", "recorded_by", "recorded_at", "decided_by")
    list_filter = ("state",)
    search_fields = ("bank_reference", "organisation__name_zh", "organisation__uscc")
    date_hierarchy = "recorded_at"
    acts: ClassVar = (
        Act(
            "book",
            _("Book the transfer"),
            _("The amount is added to the organisation's wallet at once and stays there."),
            actions.book_top_up,
            lambda top_up: top_up.state == TopUpState.AWAITING_SECOND,
            about=_recorded,
        ),
        Act(
            "refuse",
            _("Refuse the transfer"),
            _("Nothing is added to the wallet; the record stays. The owners read the reason."),
            actions.refuse_top_up,
            lambda top_up: top_up.state == TopUpState.AWAITING_SECOND,
            asks_reason=True,
            about=_recorded,
        ),
        Act(
            "reverse",
            _("Ask for its reversal"),
            _("A second officer must confirm it; until then nothing moves."),
            reversing.ask_reversal,
            lambda top_up: top_up.state == TopUpState.BOOKED,
            asks_reason=True,
            about=_recorded,
        ),
        Act(
            "confirm",
            _("Reverse the top-up"),
            _(
                "The amount is taken from the wallet again by a booking of its own; the first one stays. The owners "
                "read the reason, and the transfer can be recorded anew."
            ),
            reversing.confirm_reversal,
            lambda top_up: top_up.state == TopUpState.REVERSING,
            about=_reversal_asked,
        ),
        Act(
            "keep",
            _("Do not reverse it"),
            _("The top-up stays booked."),
            reversing.drop_reversal,
            lambda top_up: top_up.state == TopUpState.REVERSING,
            asks_reason=True,
            about=_reversal_asked,
        ),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else TopUpForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        shown = ["organisation", "amount_u", "bank_reference", "state", "recorded_by", "recorded_at"]
        reversal = ["reversal_reason", "reversal_asked_by", "reversed_by", "reversed_at"]
        return [*shown, "decided_by", "decided_at", *reversal] if obj else ["credit_code", "amount", "bank_reference"]

    def save_model(self, request: HttpRequest, obj: TopUp, form: Any, change: bool) -> None:
        officer = cast(User, request.user)
        made = actions.record_top_up(form.payer, form.amount_u, obj.bank_reference, by=officer)
        obj.pk, obj.organisation, obj.state = made.pk, made.organisation, made.state
        if made.state == TopUpState.AWAITING_SECOND:
            sentence = _(
                "The transfer waits for a second officer: one officer alone books up to %(limit)s a day, for each "
                "organisation and in all."
            )
            messages.info(request, sentence % {"limit": money_exact(settings.TOP_UP_FOUR_EYES_U)})

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The action has written the history."""


@admin.register(Account, site=national_site)
class AccountAdmin(PortalAdmin):
    list_display = ("kind", "organisation", "province", "balance_u")
    list_filter = ("kind", "province")
    search_fields = ("organisation__name_zh", "organisation__uscc")


class PostingInline(PortalInline):
    model = Posting
    fields = ("account", "amount_u")
    related = ("account__organisation",)


@admin.register(Transaction, site=national_site)
class TransactionAdmin(PortalAdmin):
    list_display = ("at", "kind", "reference", "by")
    list_filter = ("kind",)
    search_fields = ("reference",)
    date_hierarchy = "at"
    inlines = (PostingInline,)


@admin.register(Reservation, site=national_site)
class ReservationAdmin(PortalAdmin):
    list_display = ("organisation", "province", "order_id", "reserved_u", "captured_u", "released_u", "closed_at")
    list_filter = ("province",)
    search_fields = ("=order_id", "=purchase_id", "organisation__name_zh")
