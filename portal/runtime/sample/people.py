"""Invented people and buyers of the sample world, with the sign-ins that quickstart prints."""

from dataclasses import dataclass
from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import TOTP
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from portal.accounts.models import Membership, Organisation, OrganisationKind, OrganisationState, StaffRole, User
from portal.accounts.roles import MembershipRole, Role
from portal.accounts.uscc import test_code
from portal.runtime.sample.tables import sample_id
from tenants.context import NATION

PASSWORD = "sample-world-only"  # noqa: S105  printed on purpose; the sample world runs on loopback only
TOTP_SECRET = "SUANLISAMPLEWORLDSUANLISAMPLEWOR"  # noqa: S105  the same for all sample staff, printed on purpose


@dataclass(frozen=True)
class SignIn:
    """What quickstart prints of one sample person; `totp_secret` is empty for people who are not staff."""

    email: str
    name: str
    what: str
    password: str = PASSWORD
    totp_secret: str = ""


@dataclass(frozen=True)
class Person:
    address: str
    name: str
    what: str
    organisation: str = ""
    role: MembershipRole | None = None
    staff: tuple[str, Role] | None = None

    @property
    def email(self) -> str:
        return f"{self.address}@example.test"


@dataclass(frozen=True)
class Buyer:
    slug: str
    uscc: str
    name_zh: str
    name_en: str
    province: str
    state: OrganisationState
    kind: OrganisationKind = OrganisationKind.BUYER


XINGYE, HEYUAN, QIUSHI = "zhengzhou-xingye", "taiyuan-heyuan", "qiushi-lab"
BUYERS = (
    Buyer(
        XINGYE,
        test_code("41", 9001),
        "郑州星野智能科技有限公司（示例）",
        "Zhengzhou Xingye Intelligence Co., Ltd. (sample)",
        "henan",
        OrganisationState.VERIFIED,
    ),
    Buyer(
        HEYUAN,
        test_code("14", 9002),
        "太原禾原数据科技有限公司（示例）",
        "Taiyuan Heyuan Data Technology Co., Ltd. (sample)",
        "shanxi",
        OrganisationState.VERIFIED,
    ),
    Buyer(
        QIUSHI,
        test_code("33", 9003),
        "求实大学智能实验室（示例）",
        "Qiushi University Intelligence Laboratory (sample)",
        "zhejiang",
        OrganisationState.PENDING,
        OrganisationKind.UNIVERSITY,
    ),
)
OWNER, BUYER, VIEWER = MembershipRole.OWNER, MembershipRole.BUYER, MembershipRole.VIEWER
PEOPLE = (
    Person("owner", "李文博（示例）", "owner of a verified buyer with money", XINGYE, OWNER),
    Person("buyer", "周岚（示例）", "buyer in the same organisation", XINGYE, BUYER),
    Person("viewer", "陈一鸣（示例）", "viewer in the same organisation", XINGYE, VIEWER),
    Person("stranger", "贺兰（示例）", "owner of another verified buyer", HEYUAN, OWNER),
    Person("applicant", "宋知远（示例）", "owner of an organisation waiting for verification", QIUSHI, OWNER),
    Person("provider-shanxi", "郭砚（示例）", "owner of a provider in Shanxi", "shanxi-yanzhou", OWNER),
    Person("provider-henan", "马青岚（示例）", "owner of a provider in Henan", "henan-qinglan", OWNER),
    Person("operator", "唐简（示例）", "national operator", staff=(NATION, Role.OPERATOR)),
    Person(
        "operator-second",
        "陆衡（示例）",
        "national operator, the second pair of eyes",
        staff=(NATION, Role.OPERATOR),
    ),
    Person("finance", "沈默言（示例）", "national finance", staff=(NATION, Role.FINANCE)),
    Person("finance-second", "许南（示例）", "national finance, the second pair of eyes", staff=(NATION, Role.FINANCE)),
    Person("regulator", "方正平（示例）", "national regulator", staff=(NATION, Role.REGULATOR)),
    Person("data-bureau", "罗数（示例）", "national data bureau", staff=(NATION, Role.DATA_BUREAU)),
    Person("operator-shanxi", "阎晋（示例）", "operator of Shanxi", staff=("shanxi", Role.OPERATOR)),
    Person(
        "operator-shanxi-second",
        "温岚（示例）",
        "operator of Shanxi, the second pair of eyes",
        staff=("shanxi", Role.OPERATOR),
    ),
    Person("regulator-shanxi", "程鉴（示例）", "regulator of Shanxi", staff=("shanxi", Role.REGULATOR)),
    Person("data-bureau-shanxi", "邵算（示例）", "data bureau of Shanxi", staff=("shanxi", Role.DATA_BUREAU)),
    Person("operator-henan", "洛宁（示例）", "operator of Henan", staff=("henan", Role.OPERATOR)),
)


def sample_sign_ins() -> list[SignIn]:
    return [SignIn(one.email, one.name, one.what, totp_secret=TOTP_SECRET if one.staff else "") for one in PEOPLE]


@transaction.atomic
def load() -> None:
    """Add the people and buyers that are missing; nobody's password or role is set back."""
    now = timezone.now()
    Organisation.objects.bulk_create((organisation(buyer, now) for buyer in BUYERS), ignore_conflicts=True)
    known = set(User.objects.filter(email__in=[one.email for one in PEOPLE]).values_list("email", flat=True))
    missing = [one for one in PEOPLE if one.email not in known]
    if not missing:
        return
    password = make_password(PASSWORD)
    users = User.objects.bulk_create(
        User(email=one.email, name=one.name, password=password, sample=True) for one in missing
    )
    EmailAddress.objects.bulk_create(
        EmailAddress(user=user, email=user.email, verified=True, primary=True) for user in users
    )
    for user, person in zip(users, missing, strict=True):
        _place(user, person)


def _place(user: User, person: Person) -> None:
    if person.role is not None:
        organisation_id = sample_id("organisation", person.organisation)
        Membership.objects.create(user=user, organisation_id=organisation_id, role=person.role)
    if person.staff is not None:
        province, role = person.staff
        StaffRole.objects.create(user=user, province=province, role=role)
        if not Authenticator.objects.filter(user=user, type=Authenticator.Type.TOTP).exists():
            TOTP.activate(user, TOTP_SECRET)


def organisation(buyer: Buyer, now: datetime) -> Organisation:
    return Organisation(
        id=sample_id("organisation", buyer.slug),
        uscc=buyer.uscc,
        name_zh=buyer.name_zh,
        name_en=buyer.name_en,
        kind=buyer.kind,
        province=buyer.province,
        state=buyer.state,
        submitted_at=now,
        verified_at=now if buyer.state == OrganisationState.VERIFIED else None,
        sample=True,
    )
