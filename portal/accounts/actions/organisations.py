"""An organisation from its first page to its verification, and its suspension."""

from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from portal.accounts import notices
from portal.accounts.models import Membership, Organisation, OrganisationKind, OrganisationState, User
from portal.accounts.roles import MembershipRole
from portal.accounts.signing import require_other_eyes
from portal.accounts.uscc import clean, clean_as_registered
from tenants import history
from tenants.acts import Refusal, require

EDITABLE = {OrganisationState.UNVERIFIED, OrganisationState.REJECTED}
FACTS = ("uscc", "name_zh", "name_en", "kind", "province")


@transaction.atomic
def create_organisation(
    *,
    by: User,
    name_zh: str,
    uscc: str,
    kind: str = OrganisationKind.BUYER,
    name_en: str = "",
    province: str = "",
    as_registered: bool = False,
) -> Organisation:
    """The creator becomes the owner. Raises `Refusal` for a wrong or taken credit code.

    `as_registered`: the creator says that the code stands so in the register, where a check character does not fit.
    """
    code = clean_as_registered(uscc) if as_registered else clean(uscc)
    organisation = Organisation(
        uscc=code, name_zh=name_zh.strip(), name_en=name_en.strip(), kind=kind, province=province
    )
    _save(organisation, force_insert=True)
    Membership.objects.create(user=by, organisation=organisation, role=MembershipRole.OWNER)
    misfit = {"check_character_fits": False} if organisation.code_misfit else {}
    history.record("organisation.created", organisation, by=by, kind=organisation.kind, **misfit)
    return organisation


@transaction.atomic
def edit_organisation(
    organisation: Organisation, *, by: User, as_registered: bool = False, **facts: str
) -> Organisation:
    """Change what was typed in; only before it is submitted, or after it was returned for correction."""
    organisation = _locked(organisation.pk)
    require(
        organisation.state in EDITABLE,
        _("These facts are %(state)s and can no longer be changed here. Nothing was changed.")
        % {"state": organisation.get_state_display()},
        "not_editable",
    )
    if "uscc" in facts:
        facts["uscc"] = clean_as_registered(facts["uscc"]) if as_registered else clean(facts["uscc"])
    changed = [name for name in FACTS if name in facts and getattr(organisation, name) != facts[name].strip()]
    for name in changed:
        setattr(organisation, name, facts[name].strip())
    if changed:
        if "uscc" in changed:
            organisation.code_proof, organisation.code_proven_by = "", None
        _save(organisation, update_fields=[*changed, "code_proof", "code_proven_by"])
        history.record("organisation.edited", organisation, by=by, changed=changed)
    return organisation


@transaction.atomic
def submit_for_verification(organisation: Organisation, *, by: User) -> Organisation:
    """The facts now wait for national staff, who are told."""
    organisation = _locked(organisation.pk)
    _require_move(organisation, OrganisationState.PENDING)
    organisation.move_to(OrganisationState.PENDING, submitted_at=timezone.now(), rejection_reason="")
    history.record("organisation.submitted", organisation, by=by)
    notices.tell_national_staff("verify", "accounts.organisation", "organisation_submitted", organisation)
    return organisation


@transaction.atomic
def verify_organisation(organisation: Organisation, *, by: User | None) -> Organisation:
    """Valid in every province from now on. Nobody verifies an organisation of their own.

    A credit code whose check character does not fit needs a proof recorded by somebody else.
    """
    organisation = _locked(organisation.pk)
    _require_move(organisation, OrganisationState.VERIFIED, source=OrganisationState.PENDING)
    _require_stranger(organisation, by)
    facts = _require_proof(organisation, by) if organisation.code_misfit else {}
    organisation.move_to(OrganisationState.VERIFIED, verified_at=timezone.now())
    history.record("organisation.verified", organisation, by=by, **facts)
    notices.tell_owners(organisation, "organisation_verified")
    return organisation


@transaction.atomic
def prove_credit_code(organisation: Organisation, *, proof: str, by: User) -> Organisation:
    """Record what shows that the code is registered as it stands; another officer then verifies the organisation."""
    proof = proof.strip()
    require(proof, _("Say what shows that the code is registered. Nothing was changed."), "proof_missing")
    organisation = _locked(organisation.pk)
    _require_move(organisation, OrganisationState.VERIFIED, source=OrganisationState.PENDING)
    _require_stranger(organisation, by)
    require(
        organisation.code_misfit and not organisation.code_proof,
        _("The credit code needs no proof, or has one already. Nothing was changed."),
        "no_proof_needed",
    )
    organisation.code_proof, organisation.code_proven_by = proof, by
    organisation.save(update_fields=["code_proof", "code_proven_by"])
    history.record("organisation.code_proven", organisation, by=by, proof=proof)
    return organisation


def _require_proof(organisation: Organisation, by: User | None) -> dict[str, Any]:
    """What history says of a code whose check character does not fit."""
    require(
        organisation.code_proof,
        _("A check character of the credit code does not fit. Record a proof first; another officer then verifies it."),
        "code_unproven",
    )
    own = _("You recorded the proof of the credit code; another officer must verify it. Nothing was changed.")
    if by is not None:
        require_other_eyes(organisation.code_proven_by_id, by=by, own=own)
    return {"check_character_fits": False, "proof": organisation.code_proof}


@transaction.atomic
def reject_organisation(organisation: Organisation, *, reason: str, by: User | None) -> Organisation:
    """Return the facts for correction; the owners read the reason."""
    reason = reason.strip()
    require(reason, _("Say what must be corrected: the owners read it. Nothing was changed."), "reason_missing")
    organisation = _locked(organisation.pk)
    _require_move(organisation, OrganisationState.REJECTED)
    _require_stranger(organisation, by)
    organisation.move_to(OrganisationState.REJECTED, rejection_reason=reason, code_proof="", code_proven_by=None)
    history.record("organisation.rejected", organisation, by=by, reason=reason)
    notices.tell_owners(organisation, "organisation_rejected", reason=reason)
    return organisation


@transaction.atomic
def suspend_organisation(organisation: Organisation, *, reason: str, by: User | None) -> Organisation:
    """It buys and sells nothing new; what runs goes on."""
    require(reason.strip(), _("Say why: the owners read it. Nothing was changed."), "reason_missing")
    organisation = _locked(organisation.pk)
    _require_move(organisation, OrganisationState.SUSPENDED)
    organisation.move_to(OrganisationState.SUSPENDED, suspension_reason=reason.strip())
    history.record("organisation.suspended", organisation, by=by, reason=reason.strip())
    notices.tell_owners(organisation, "organisation_suspended", reason=reason.strip())
    return organisation


@transaction.atomic
def resume_organisation(organisation: Organisation, *, by: User | None) -> Organisation:
    organisation = _locked(organisation.pk)
    _require_move(organisation, OrganisationState.VERIFIED, source=OrganisationState.SUSPENDED)
    organisation.move_to(OrganisationState.VERIFIED, suspension_reason="")
    history.record("organisation.resumed", organisation, by=by)
    notices.tell_owners(organisation, "organisation_resumed")
    return organisation


@transaction.atomic
def become_provider(organisation: Organisation) -> Organisation:
    """A buyer that a province has admitted sells too, and finds its workspace; a university stays one."""
    organisation = _locked(organisation.pk)
    if organisation.kind == OrganisationKind.BUYER:
        organisation.kind = OrganisationKind.PROVIDER
        organisation.save(update_fields=["kind"])
        history.record("organisation.became_provider", organisation)
    return organisation


def _locked(pk: UUID) -> Organisation:
    return Organisation.objects.select_for_update().get(pk=pk)


def _save(organisation: Organisation, **how: Any) -> None:
    try:
        with transaction.atomic():
            organisation.save(**how)
    except IntegrityError:
        raise Refusal(
            _(
                "An organisation with the credit code %(code)s is here already; its owner can invite you. "
                "Nothing was saved."
            )
            % {"code": organisation.uscc},
            "credit_code_taken",
        ) from None


def _require_move(organisation: Organisation, state: OrganisationState, source: str | None = None) -> None:
    allowed = organisation.moves.allows(organisation.state, state) and source in (None, organisation.state)
    require(
        allowed,
        _("%(name)s is “%(state)s” now. Nothing was changed.")
        % {"name": organisation.name, "state": organisation.get_state_display()},
        "wrong_state",
    )


def _require_stranger(organisation: Organisation, by: Any) -> None:
    member = by is not None and Membership.objects.filter(user=by, organisation=organisation, active=True).exists()
    require(not member, _("You belong to this organisation; somebody else must decide. Nothing was changed."), "own")
