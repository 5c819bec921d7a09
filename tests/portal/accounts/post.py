"""The way of e-mails in tests: letters of the nation's outbox, and a mail server that answers as it is told."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.core import mail

from portal.accounts import tasks
from tenants.context import NATION, in_province
from tenants.outbox.models import Letter

WORK = {"accounts.mail": tasks.send_mail, "accounts.notice": tasks.send_notice}


def deliver() -> list[mail.EmailMessage]:
    """Work on every letter that is due, as a worker does; the e-mails that left by Django's test backend."""
    with in_province(NATION):
        due = list(Letter.objects.due().filter(topic__in=WORK).order_by("pk").values_list("topic", "pk"))
    before = len(getattr(mail, "outbox", []))
    for topic, pk in due:
        WORK[topic](NATION, pk)
    return list(getattr(mail, "outbox", [])[before:])


class MailServer:
    """An SMTP server on a port of its own. `refuses` is its answer to every address, or empty."""

    def __init__(self) -> None:
        self.refuses = ""
        self.taken: list[str] = []
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        threading.Thread(target=self._serve, daemon=True).start()

    def close(self) -> None:
        self._socket.close()

    def _serve(self) -> None:
        while True:
            try:
                connection, _address = self._socket.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as line:
                self._talk(line)

    def _talk(self, line) -> None:
        def say(words: str) -> None:
            line.write(f"{words}\r\n".encode())
            line.flush()

        say("220 mail.example.test")
        for raw in line:
            word = raw[:4].upper()
            if word == b"QUIT":
                return say("221 bye")
            if word == b"RCPT" and self.refuses:
                say(self.refuses)
            elif word == b"DATA":
                say("354 go on")
                self.taken.append(b"".join(iter(line.readline, b".\r\n")).decode())
                say("250 taken")
            else:
                say("250 yes")
        return None


@contextmanager
def mail_server(settings) -> Iterator[MailServer]:
    """Django sends to it while the block runs."""
    server = MailServer()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
    try:
        yield server
    finally:
        server.close()
