"""People and organisations for tests."""

from itertools import count

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal import auth as totp
from django.test import Client
from django.utils import timezone

from portal.accounts import actions, uscc
from portal.accounts.models import Membership, Organisation, OrganisationState, User
from portal.accounts.roles import MembershipRole, Role
from tenants.context import NATION, in_province, in_public
from tenants.outbox.models import Letter

PASSWORD = "a-long-enough-one-4711"
SECRET = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
_number = count(1)


def person(name: str) -> User:
    """Somebody with a verified address and the password above."""
    user = User.objects.create_user(f"{name}@example.test", PASSWORD, name=name.title())
    EmailAddress.objects.create(user=user, email=user.email, primary=True, verified=True)
    return user


def with_second_factor(user: User) -> User:
    totp.TOTP.activate(user, SECRET)
    return user


def code_now() -> str:
    """The six digits an authenticator app would show now."""
    counter = next(iter(totp.yield_hotp_counters_from_time()))
    return totp.format_hotp_value(totp.hotp_value(SECRET, counter))


def staff(name: str, role: str = Role.OPERATOR, province: str = NATION) -> User:
    user = with_second_factor(person(name))
    with in_public():
        actions.add_staff_role(user, province, role)
    with in_province(NATION):
        Letter.objects.filter(payload__notice="staff_role_added", payload__user=user.pk).delete()  # tests count e-mails
    return user


def credit_code(number: int | None = None, province: str = "14") -> str:
    """A test code with both check characters right."""
    body = f"FAKE{next(_number) if number is None else number:04d}"
    first_17 = f"919900{province}{body}{uscc.organisation_check_character(body)}"
    return first_17 + uscc.check_character(first_17)


def organisation(name: str, owner: User | None = None, state: str = OrganisationState.VERIFIED) -> Organisation:
    made = Organisation.objects.create(
        uscc=credit_code(),
        name_zh=name,
        province="shanxi",
        state=state,
        verified_at=timezone.now() if state == OrganisationState.VERIFIED else None,
        submitted_at=timezone.now() if state == OrganisationState.PENDING else None,
        rejection_reason="wrong name" if state == OrganisationState.REJECTED else "",
    )
    if owner is not None:
        member(owner, made, MembershipRole.OWNER)
    return made


def member(user: User, of: Organisation, role: str = MembershipRole.BUYER) -> Membership:
    return Membership.objects.create(user=user, organisation=of, role=role)


def sign_in(client: Client, user: User, *, second_factor: bool = False) -> Client:
    """A session as allauth leaves it: password typed just now, and the second factor used where asked for."""
    client.force_login(user, backend="allauth.account.auth_backends.AuthenticationBackend")
    methods = [{"method": "password", "at": timezone.now().timestamp(), "reauthenticated": True}]
    if second_factor:
        factor = Authenticator.objects.get(user=user, type="totp")
        methods.append({"method": "mfa", "at": timezone.now().timestamp(), "id": factor.pk, "type": "totp"})
    session = client.session
    session["account_authentication_methods"] = methods
    session["account_authentication_methods_user"] = str(user.pk)
    session.save()
    return client
