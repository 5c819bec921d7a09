"""What people call themselves does not become a message of ours: no paragraph, no link, no stranger in the inbox."""

import pytest

from portal.accounts import actions
from portal.accounts.models import Organisation, OrganisationState, User
from portal.accounts.notices import message_of
from tests.portal.accounts.people import organisation, person, sign_in
from tests.portal.accounts.post import deliver

pytestmark = pytest.mark.django_db
EVIL = "晋阳\r\n\r\nYour account is blocked, open https://evil.example.cn/pay"


def test_a_name_from_before_the_check_makes_no_paragraph_and_no_link():
    facts = {"name_zh": EVIL, "name_en": EVIL, "reason": "see https://www.gov.cn/", "person": "anna@example.test"}
    sent = message_of("organisation_rejected", "li@example.test", facts)
    assert "evil.example" not in sent.subject + sent.body
    assert "https://evil" not in sent.subject + sent.body
    assert sent.body.count("https[:]//evil[.]example[.]cn/pay") == 2
    assert not any(line.startswith("Your account") for line in sent.body.splitlines())
    assert "https://www.gov.cn/" in sent.body, "what staff write stays as it is"


def test_a_persons_name_makes_no_link_either(shanxi):
    anna = person("anna")
    User.objects.filter(pk=anna.pk).update(name="www.evil.cn")
    actions.invite(organisation("晋阳智算", anna), email="bert@example.test", role="buyer", by=anna)
    [sent] = deliver()
    assert "www[.]evil[.]cn" in sent.subject
    assert "www.evil.cn" not in sent.subject + sent.body


@pytest.mark.parametrize("state", [OrganisationState.UNVERIFIED, OrganisationState.PENDING, OrganisationState.REJECTED])
def test_an_unverified_organisation_reaches_strangers_without_its_own_words(state):
    anna = person("anna")
    one = organisation("紧急通知请点击", anna, state)
    User.objects.filter(pk=anna.pk).update(name="国家算力中心")
    actions.invite(one, email="bert@example.test", role="buyer", by=anna)
    [sent] = deliver()
    assert sent.to == ["bert@example.test"]
    assert "anna@example.test" in sent.subject
    assert not any(word in sent.subject + sent.body for word in ("紧急通知", "国家算力中心"))


def test_pages_say_so_to_both(client_at):
    anna, bert = person("anna"), person("bert")
    one = organisation("测试", anna, OrganisationState.PENDING)
    invitation = actions.invite(one, email=bert.email, role="buyer", by=anna)
    [sent] = deliver()
    path = f"/organisation/invitations/{sent.body.split('/organisation/invitations/')[1].split('/')[0]}/"
    pages = []
    for user, address in ((anna, "/organisation/members/"), (bert, path)):
        client = sign_in(client_at(), user)
        client.cookies["django_language"] = "en"
        pages.append(client.get(address).content.decode())
    assert "the e-mail names only your address" in pages[0]
    assert "Accept only if you know anna@example.test." in pages[1]
    Organisation.objects.filter(pk=one.pk).update(state=OrganisationState.VERIFIED, verified_at=invitation.created_at)
    pages = [sign_in(client_at(), user).get(at).content.decode() for user, at in ((anna, "/organisation/members/"),)]
    assert "the e-mail names only your address" not in pages[0]


def test_a_sign_up_with_a_name_of_two_lines_is_refused(client_at):
    typed = {"email": "new@example.test", "name": "Li\r\nopen https://evil.cn", "password1": "x", "password2": "x"}
    client = client_at()
    client.cookies["django_language"] = "en"
    assert "invisible character (U+000D)" in client.post("/accounts/signup/", typed).content.decode()


def test_an_invitation_to_a_longer_address_than_the_database_holds_is_refused_with_a_sentence(client_at):
    anna = person("anna")
    organisation("测试", anna)
    client = sign_in(client_at(), anna)
    client.cookies["django_language"] = "en"
    long = f"{'a' * 60}@{'.'.join(['b' * 60] * 4)}.example.test"
    answer = client.post("/organisation/members/invite/", {"email": long, "role": "buyer"})
    assert answer.status_code == 422
    assert "at most 254 characters" in answer.content.decode()


class TestLanguage:
    def test_who_chose_one_is_written_to_in_it(self, client_at):
        anna = person("anna")
        one = organisation("测试", anna, OrganisationState.PENDING)
        client = sign_in(client_at(), anna)
        client.post("/language/", {"language": "en", "next": "/"})
        actions.reject_organisation(one, by=person("staff"), reason="wrong name")
        [sent] = deliver()
        assert "Nothing is lost" in sent.body
        assert "测试 was not verified" in sent.body
        assert not any(word in sent.subject for word in ("退回", "核验"))

    def test_a_language_that_the_portal_lacks_is_not_noted(self, client_at):
        anna = person("anna")
        sign_in(client_at(), anna).post("/language/", {"language": "fr", "next": "/"})
        anna.refresh_from_db()
        assert anna.language == ""

    def test_the_one_of_the_sign_up_is_noted(self, client_at):
        client = client_at()
        client.cookies["django_language"] = "en"
        password = "a-long-enough-one-4711"
        typed = {"email": "new@example.test", "name": "New", "password1": password, "password2": password}
        client.post("/accounts/signup/", typed)
        assert User.objects.get(email="new@example.test").language == "en"
