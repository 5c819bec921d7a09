"""ARCHITECTURE.md says what the code says."""

from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from portal.runtime import architecture


def test_the_page_agrees_with_the_code():
    assert architecture.written(text := architecture.FILE.read_text()) == text


def test_a_changed_table_is_found_and_written_anew(tmp_path, monkeypatch):
    text = architecture.FILE.read_text()
    page = tmp_path / "ARCHITECTURE.md"
    page.write_text(text.replace("| ending | ended |", "| ending | active |"))
    monkeypatch.setattr(architecture, "FILE", page)
    with pytest.raises(CommandError, match="differs from the code"):
        call_command("architecture", "--check")
    call_command("architecture", stdout=StringIO())
    assert page.read_text() == text


def test_a_page_without_the_marks_is_refused():
    with pytest.raises(ValueError, match="no marks for layers"):
        architecture.written("# Architecture\n")
