"""Rows of several tables in one statement."""

import uuid

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from portal.ledger.models import Posting, Transaction
from tenants.context import in_province
from tenants.history.models import Record
from tenants.outbox.models import Letter
from tenants.postgresql import together

pytestmark = pytest.mark.django_db


def letter(topic):
    return Letter(topic=topic, subject_id="1", payload={"said": "100 % 'done'"})


def record(act):
    return Record(act=act, actor_kind="system", subject_type="tests.thing", subject_id="1")


def test_rows_of_several_tables_are_one_statement_and_know_their_keys():
    with in_province("shanxi"):
        rows = [letter("tests.one"), record("tests.done"), letter("tests.two"), letter("tests.three")]
        Letter.objects.count()  # the search path is set
        with CaptureQueriesContext(connection) as captured:
            together.insert(*rows)
        assert len(captured) == 1
        assert [Letter.objects.get(pk=row.pk).topic for row in (rows[0], *rows[2:])] == [
            "tests.one",
            "tests.two",
            "tests.three",
        ]
        assert Letter.objects.get(pk=rows[0].pk).payload == {"said": "100 % 'done'"}
        kept = Record.objects.get(pk=rows[1].pk)
        assert kept.at is not None
        assert kept.tx > 0


def test_a_saved_row_is_known_as_saved():
    with in_province("shanxi"):
        row = letter("tests.one")
        together.insert(row)
        row.attempts = 3
        row.save(update_fields=["attempts"])
        assert Letter.objects.get(pk=row.pk).attempts == 3


def test_a_row_that_breaks_a_rule_keeps_all_others_out():
    booked = Transaction(id=uuid.uuid4(), kind="top_up", reference="tests")
    with pytest.raises(IntegrityError, match="posting_not_zero"), transaction.atomic():
        together.insert(booked, Posting(transaction=booked, account_id=1, amount_u=0))
    assert not Transaction.objects.filter(reference="tests").exists()
