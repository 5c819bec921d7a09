"""A mail of the sample world is there a moment after its request: real web, worker and broker."""

import re
import time
import uuid

import httpx
import pytest

from portal.runtime.mail import mailbox
from tests.portal.accounts.people import PASSWORD

pytestmark = pytest.mark.processes
SOON_SECONDS = 5.0


def test_the_mail_of_a_sign_up_stands_in_the_mailbox_at_once(live_portal):
    email = f"live-{uuid.uuid4().hex[:8]}@example.test"
    base, host = f"http://127.0.0.1:{live_portal.port}", f"portal.localhost:{live_portal.port}"
    with httpx.Client(base_url=base, headers={"host": host}, timeout=60) as client:
        form = client.get("/accounts/signup/")
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', form.text)[1]
        typed = {"email": email, "name": "Live", "password1": PASSWORD, "password2": PASSWORD}
        cookies = {"cookie": f"csrftoken={form.cookies['csrftoken']}"}
        answer = client.post("/accounts/signup/", data=typed | {"csrfmiddlewaretoken": token}, headers=cookies)
        assert answer.status_code == 302, answer.text
        answered = time.monotonic()
        while not any(one.to == email for one in mailbox.newest_first(live_portal.data / "mail")):
            assert time.monotonic() - answered < SOON_SECONDS
            time.sleep(0.02)
        assert email in client.get("/dev/mail/").text
