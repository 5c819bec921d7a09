"""People and organisations on the national site; the history of a place on the province site."""

from typing import Any, ClassVar, cast

from django import forms
from django.contrib import admin, messages
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from portal.accounts import actions
from portal.accounts.models import (
    ApiKey,
    GrantState,
    Invitation,
    Membership,
    Organisation,
    OrganisationState,
    RoleGrant,
    StaffRole,
    User,
)
from portal.accounts.models.roles import UNDECIDED
from portal.accounts.staff_acts import with_reason
from portal.staff.model_admin import Act, PortalAdmin, PortalInline, needs_a_person
from portal.staff.sites import national_site, province_site
from portal.web.texts.lines import AddressField
from tenants.history.models import Record
from tenants.models import Province
from tenants.outbox import work as outbox_work
from tenants.outbox.models import Letter


@admin.register(User, site=national_site)
class UserAdmin(PortalAdmin):
    list_display = ("email", "name", "is_active", "sample", "date_joined", "last_login")
    list_filter = ("is_active", "sample")
    search_fields = ("email", "name")
    ordering = ("email",)
    date_hierarchy = "date_joined"
    fields = ("email", "name", "phone", "is_active", "sample", "date_joined", "last_login")


class MembershipInline(PortalInline):
    model = Membership
    fields = ("user", "role", "active", "since")


@admin.register(Organisation, site=national_site)
class OrganisationAdmin(PortalAdmin):
    list_display = ("name_zh", "uscc", "kind", "province", "state", "submitted_at", "sample")
    list_filter = ("state", "kind", "sample", "province")
    search_fields = ("name_zh", "name_en", "uscc")
    inlines = (MembershipInline,)
    fields = (
        *("name_zh", "name_en", "uscc", "kind", "province", "state", "rejection_reason", "submitted_at"),
        *("suspension_reason", "code_proof", "code_proven_by", "verified_at", "created_at", "sample"),
    )
    acts = (
        Act(
            "verify",
            _("Verify"),
            _("The organisation may buy and sell in every province; its owners are told by e-mail."),
            actions.verify_organisation,
            lambda one: one.state == OrganisationState.PENDING,
        ),
        Act(
            "reject",
            _("Return for correction"),
            _("The owners read the reason, correct the facts and submit them again."),
            actions.reject_organisation,
            lambda one: one.state == OrganisationState.PENDING,
            asks_reason=True,
            bulk=True,
        ),
        Act(
            "suspend",
            _("Suspend"),
            _("It can buy and sell nothing new; what runs goes on. The owners read the reason."),
            actions.suspend_organisation,
            lambda one: one.state == OrganisationState.VERIFIED,
            asks_reason=True,
            bulk=True,
            inverse="resume",
        ),
        Act(
            "resume",
            _("End the suspension"),
            _("It can buy and sell again; its owners are told by e-mail."),
            actions.resume_organisation,
            lambda one: one.state == OrganisationState.SUSPENDED,
            bulk=True,
        ),
    )


@admin.register(Membership, site=national_site)
class MembershipAdmin(PortalAdmin):
    list_display = ("organisation", "user", "role", "active", "since")
    list_filter = ("role", "active")
    search_fields = ("organisation__name_zh", "user__email")


@admin.register(Invitation, site=national_site)
class InvitationAdmin(PortalAdmin):
    list_display = ("email", "organisation", "role", "state", "created_at", "expires_at")
    list_filter = ("state", "role")
    search_fields = ("email", "organisation__name_zh")
    fields = ("email", "organisation", "role", "state", "invited_by", "created_at", "expires_at")


@admin.register(ApiKey, site=national_site)
class ApiKeyAdmin(PortalAdmin):
    list_display = ("name", "prefix", "organisation", "created_by", "created_at", "last_used_at", "revoked_at")
    search_fields = ("prefix", "name", "organisation__name_zh")
    date_hierarchy = "created_at"
    fields = (*list_display, "scopes", "expires_at")
    acts = (
        Act(
            "revoke",
            _("Revoke"),
            _("Programs that use this key are refused at once. Orders they placed go on. The owners read the reason."),
            with_reason(actions.revoke_api_key, "key.revoked", lambda key: key.organisation),
            lambda key: key.revoked_at is None,
            asks_reason=True,
            bulk=True,
        ),
    )


class RoleGrantForm(forms.ModelForm):
    email = AddressField(
        label=_("E-mail address of the person"), help_text=_("The person signs up first; then name the role here.")
    )

    class Meta:
        model = RoleGrant
        fields = ("province", "role")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        places = [("", "---------"), *((one.slug, one.name) for one in Province.objects.with_schema())]
        self.fields["province"] = forms.ChoiceField(label=_("Province"), choices=places)

    def clean_email(self) -> str:
        email: str = self.cleaned_data["email"]
        self.person = User.objects.filter(email__iexact=email, is_active=True).first()
        if self.person is None:
            raise forms.ValidationError(_("Nobody has signed up with this address. Nothing was saved."))
        return email


@admin.register(StaffRole, site=national_site)
class StaffRoleAdmin(PortalAdmin):
    list_display = ("user", "province", "role", "active", "since")
    list_filter = ("province", "role", "active")
    search_fields = ("user__email", "user__name")
    acts: ClassVar = (
        Act(
            "deactivate",
            _("End the role"),
            _("The person loses the rights of this role at once and reads the reason; the history stays."),
            actions.deactivate_staff_role,
            lambda role: role.active,
            asks_reason=True,
        ),
    )


@admin.register(RoleGrant, site=national_site)
class RoleGrantAdmin(PortalAdmin):
    list_display = ("user", "province", "role", "state", "requested_by", "requested_at", "confirmed_by", "decided_at")
    list_filter = ("state", "province", "role")
    search_fields = ("user__email", "user__name")
    acts: ClassVar = (
        Act(
            "confirm",
            _("Confirm the role"),
            _("You vouch for the person beside the operator who asked. The person is offered the role by e-mail."),
            actions.confirm_role,
            lambda grant: grant.state == GrantState.AWAITING_SECOND,
        ),
        Act(
            "refuse",
            _("Refuse the role"),
            _("The person does not get this role. Who asked for it reads the reason."),
            actions.refuse_role,
            lambda grant: grant.state in UNDECIDED,
            asks_reason=True,
        ),
    )

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        return super().get_form(request, obj, change, **kwargs) if obj else RoleGrantForm

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[Any]:
        return [*self.list_display, "offered_at", "reason"] if obj else ["email", "province", "role"]

    def save_model(self, request: HttpRequest, obj: RoleGrant, form: Any, change: bool) -> None:
        made = actions.request_role(form.person, obj.province, obj.role, by=cast(User, request.user))
        obj.pk, obj.user, obj.state = made.pk, made.user, made.state
        if made.state == GrantState.AWAITING_SECOND:
            waits = _("This role may sign: another national operator must confirm it, then the person is asked.")
        else:
            waits = _("The person is asked by e-mail; the role is usable once the person has accepted it.")
        messages.info(request, waits)

    def log_addition(self, request: HttpRequest, obj: Any, message: Any) -> Any:
        """The action has written the history."""


@admin.register(Record, site=province_site)
class RecordAdmin(PortalAdmin):
    list_display = ("at", "act", "actor_kind", "actor_id", "subject_type", "subject_id")
    list_filter = ("actor_kind", "subject_type")
    search_fields = ("=subject_id", "act")
    ordering = ("-id",)


@admin.register(Letter, site=province_site)
class LetterAdmin(PortalAdmin):
    list_display = ("left_at", "topic", "subject_id", "due_at", "attempts", "given_up_at", "done_at", "last_error")
    list_filter = (needs_a_person(Letter.objects.stuck), "topic")
    search_fields = ("=subject_id", "topic")
    date_hierarchy = "left_at"
    ordering = ("-id",)
    fields = ("left_at", "topic", "subject_id", "due_at", "attempts", "given_up_at", "done_at", "last_error")
    acts = (
        Act(
            "retry",
            _("Deliver now"),
            _("The portal tries at once instead of at its next turn; what failed before may fail again."),
            lambda letter, by: outbox_work.deliver_now(letter.pk, by=by),
            lambda letter: letter.done_at is None,
            bulk=True,
        ),
        Act(
            "set_aside",
            _("Leave it undelivered"),
            _("Nobody tries again, its content is removed, and it leaves the list of what waits."),
            lambda letter, by: outbox_work.set_aside(letter.pk, by=by),
            lambda letter: letter.done_at is None and letter.given_up_at is not None,
            bulk=True,
        ),
    )
