"""The application's machine in code is the one that is drawn here and on the applicant's page."""

from marketplace.onboarding.answers.attributes import ATTRIBUTES
from marketplace.onboarding.answers.forms import FORMS
from marketplace.onboarding.models import APPLICATION_MOVES, ApplicationState, Document
from tests.marketplace.onboarding.applying import FACTS

DRAWN = """
draft → submitted / withdrawn
submitted → returned / notice / refused / withdrawn
returned → submitted / withdrawn
notice → approved / refused / withdrawn
"""


def test_code_and_drawing_have_the_same_moves():
    drawn = {
        (source.strip(), target.strip())
        for source, targets in (line.split("→") for line in DRAWN.strip().splitlines())
        for target in targets.split("/")
    }
    assert {(source, target) for source, targets in APPLICATION_MOVES.table.items() for target in targets} == drawn
    assert set(APPLICATION_MOVES.table) == set(ApplicationState.values)


def test_what_ends_an_application():
    assert APPLICATION_MOVES.final() == {"approved", "refused", "withdrawn"}
    assert Document.moves.final() == {"safe", "rejected"}


def test_every_attribute_has_its_form_and_every_form_its_attribute():
    assert [one.slug for one in ATTRIBUTES] == list(FORMS)
    assert set(FACTS) == set(FORMS) - {"identity"}
    for slug, facts in FACTS.items():
        assert set(facts) == set(FORMS[slug].base_fields)
