"""Documents: what is taken in, where it lies, who may fetch it, and what a real clamd says of it."""

import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from hashlib import md5, sha256
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from rest_framework.settings import api_settings

from marketplace.onboarding.actions import applying, decisions, documents
from marketplace.onboarding.models import Document, DocumentState
from marketplace.onboarding.tasks import watch
from tenants.acts import Refusal
from tenants.context import in_province
from tenants.history.models import Record
from tests.marketplace.onboarding.applying import PDF, accepted, answer, draft, pdf, submitted
from tests.portal.accounts.people import sign_in

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("english")]
PNG, JPEG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01" + b"\0" * 40
EICAR = PDF + b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


def file(name: str, content: bytes) -> SimpleUploadedFile:
    return SimpleUploadedFile(name, content, content_type="application/pdf")


@pytest.fixture
def proof(here, company, owner):
    return answer(applying.start_application(company, by=owner), "data_centre")


@pytest.mark.parametrize(
    ("name", "content", "stored"),
    [
        ("租约.pdf", PDF, "租约.pdf"),
        ("scan.exe", PNG, "scan.exe.png"),
        ("../../etc/passwd", JPEG, "passwd.jpg"),
        ("a\u202egpj.exe.pdf", PDF, "agpj.exe.pdf"),
        ('x"\r\n<y>.pdf.pdf', PDF, "xy.pdf"),
        ("...", PDF, "document.pdf"),
    ],
)
def test_type_by_content_and_a_harmless_name(proof, owner, private_folder, name, content, stored):
    made = documents.add_document(proof, file("x.pdf", content), by=owner)
    assert documents.safe_name(name, made.media_type) == stored
    path = documents.path_of(sha256(content).hexdigest())
    assert path.read_bytes() == content
    assert path.is_relative_to(private_folder / "private" / "onboarding" / "shanxi")
    assert (path.stat().st_mode & 0o777, path.parent.stat().st_mode & 0o077) == (0o600, 0)


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"MZ" + b"\0" * 60, "wrong_type"),
        (b"PK\x03\x04" + b"\0" * 60, "wrong_type"),
        (b"<html><script>alert(1)</script>", "wrong_type"),
        (b"junk before %PDF-1.4", "wrong_type"),
        (b"GIF89a" + b"\0" * 60, "wrong_type"),
        (PDF + b"\0" * documents.MOST_BYTES, "wrong_size"),
    ],
)
def test_everything_else_is_refused_and_leaves_nothing(proof, owner, private_folder, content, code):
    with pytest.raises(Refusal) as refusal:
        documents.add_document(proof, file("looks-fine.pdf", content), by=owner)
    assert refusal.value.code == code
    assert not Document.objects.exists()
    assert not private_folder.exists()


def test_what_the_application_does_not_take_is_not_stored(here, company, owner, private_folder):
    application = applying.start_application(company, by=owner)
    with pytest.raises(Refusal) as refusal:
        documents.add_document(answer(application, "service"), pdf(), by=owner)
    assert refusal.value.code == "none_taken"
    assert not private_folder.exists()


def test_a_content_that_is_lost_is_said_to_whoever_asks_for_it(proof, owner, client_at):
    made = documents.add_document(proof, pdf(), by=owner)
    documents.path_of(made.sha256).unlink()
    client = sign_in(client_at("shanxi"), owner)
    client.cookies["django_language"] = "en"
    page = client.get(f"/apply/documents/{made.pk}/")
    assert page.status_code == 409
    assert "It must be uploaded again." in page.content.decode()
    with in_province("shanxi"):
        assert not Record.objects.filter(act="document.fetched").exists()


def test_a_content_that_is_lost_is_not_looked_for_again_and_again(proof, owner, settings):
    made = documents.add_document(proof, pdf(), by=owner)
    documents.path_of(made.sha256).unlink()
    settings.CLAMD_SOCKET = "/nowhere"
    documents.scan_document(made.pk)
    made.refresh_from_db()
    assert (made.state, made.finding) == (DocumentState.ERROR, "content lost")


def test_uploads_spend_an_allowance(proof, owner, client_at, private_folder, monkeypatch):
    monkeypatch.setitem(api_settings.DEFAULT_THROTTLE_RATES, "import", "1/min")
    client = sign_in(client_at("shanxi"), owner)
    client.cookies["django_language"] = "en"
    answers = [client.post("/apply/data_centre/upload/", {"file": pdf(mark=mark)}) for mark in "ab"]
    assert [one.status_code for one in answers] == [302, 429]
    assert "Too many files" in answers[1].content.decode()
    with in_province("shanxi"):
        assert Document.objects.count() == 1


def test_the_same_file_twice_and_a_sixth_are_refused(proof, owner):
    for number in range(5):
        documents.add_document(proof, pdf(mark=str(number)), by=owner)
    for mark, code in (("0", "there_already"), ("6", "too_many")):
        with pytest.raises(Refusal) as refusal:
            documents.add_document(proof, pdf(mark=mark), by=owner)
        assert refusal.value.code == code


def test_a_removed_file_is_off_the_application_and_on_record(proof, owner):
    made = documents.add_document(proof, pdf(), by=owner)
    documents.remove_document(made, by=owner)
    assert not Document.objects.present().exists()
    assert list(Record.objects.filter(act__startswith="document.").values_list("act", flat=True)) == [
        "document.removed",
        "document.added",
    ]
    documents.add_document(proof, pdf(), by=owner)


def test_every_download_is_on_record(proof, owner):
    made = documents.add_document(proof, pdf(), by=owner)
    with documents.fetch(made, by=owner) as content:
        assert content.read() == PDF
    record = Record.objects.get(act="document.fetched")
    assert (record.actor_id, record.facts["sha256"]) == (str(owner.pk), made.sha256)


def test_without_a_scanner_files_stay_in_quarantine(shanxi, company, owner):
    with in_province(shanxi):
        made = documents.add_document(
            answer(applying.start_application(company, by=owner), "data_centre"), pdf(), by=owner
        )
        documents.scan_document(made.pk)
    watch()
    with in_province(shanxi):
        made.refresh_from_db()
        assert made.state == DocumentState.QUARANTINE


# A real clamd ----------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def clamd() -> Iterator[str]:
    """clamd on a database with one signature of our own: the file above that holds the EICAR string."""
    program = shutil.which("clamd")
    if program is None:
        pytest.skip("clamd (Debian's clamav-daemon) is not installed: scanning was not tried")
    folder = Path(tempfile.mkdtemp(prefix="clamd-"))
    folder.chmod(0o755)
    (folder / "db").mkdir()
    (folder / "db" / "own.hdb").write_text(f"{md5(EICAR).hexdigest()}:{len(EICAR)}:Own.Eicar\n")
    address = str(folder / "socket")
    (folder / "clamd.conf").write_text(
        f"DatabaseDirectory {folder}/db\nLocalSocket {address}\nForeground yes\nStreamMaxLength 25M\n"
    )
    running = subprocess.Popen([program, "-c", str(folder / "clamd.conf")], stdout=subprocess.DEVNULL)
    try:
        wait_for(address, running)
        yield address
    finally:
        running.terminate()
        running.wait()
        shutil.rmtree(folder, ignore_errors=True)


def wait_for(address: str, running: subprocess.Popen) -> None:
    for _try in range(300):
        assert running.poll() is None, "clamd ended"
        try:
            with socket.socket(socket.AF_UNIX) as door:
                door.connect(address)
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("clamd did not answer within 30 s")


def test_clamd_finds_the_infected_one_and_passes_the_other(clamd, settings, proof, owner, approver, checker):
    settings.CLAMD_SOCKET = clamd
    good = documents.add_document(proof, pdf(), by=owner)
    bad = documents.add_document(proof, file("bad.pdf", EICAR), by=owner)
    for one in (good, bad):
        documents.scan_document(one.pk)
        one.refresh_from_db()
    assert (good.state, good.finding) == (DocumentState.SAFE, "")
    assert (bad.state, bad.finding.startswith("Own.Eicar")) == (DocumentState.REJECTED, True)
    with pytest.raises(Refusal, match="blocked"):
        documents.fetch(bad, by=owner)


def test_a_blocked_file_keeps_the_application_back(clamd, settings, here, company, owner, checker, approver):
    settings.CLAMD_SOCKET = clamd
    application = draft(company, owner)
    bad = documents.add_document(answer(application, "data_centre"), file("bad.pdf", EICAR), by=owner)
    application = accepted(applying.submit_application(application, by=owner), checker)
    documents.scan_document(bad.pk)
    with pytest.raises(Refusal) as refusal:
        decisions.approve_application(application, by=approver)
    assert refusal.value.code == "blocked_file"


def test_while_clamd_is_away_the_file_waits_and_is_scanned_later(clamd, settings, shanxi, company, owner):
    settings.CLAMD_SOCKET = clamd + "-gone"
    with in_province(shanxi):
        submitted(company, owner)
    watch()
    with in_province(shanxi):
        assert set(Document.objects.values_list("state", flat=True)) == {DocumentState.QUARANTINE}
    settings.CLAMD_SOCKET = clamd
    watch()
    with in_province(shanxi):
        assert set(Document.objects.values_list("state", flat=True)) == {DocumentState.SAFE}
