"""Strangers' servers: real sockets that answer as slowly, as long and as wrongly as a test wants."""

import datetime
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

Answering = Callable[[socket.socket, threading.Event], None]
"""Speaks on an accepted connection until it is done or the event is set."""


class Stranger:
    """Keeps the first bytes of each request, and when each connection came."""

    def __init__(self, answering: Answering, host: str, certificate: Path | None) -> None:
        self.answering, self.over, self.asked = answering, threading.Event(), list[bytes]()
        self.came: list[float] = []
        self._tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER) if certificate else None
        if self._tls and certificate:
            self._tls.load_cert_chain(certificate)
        self._listening = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        self.port = int(self._listening.getsockname()[1])
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _place = self._listening.accept()
            except OSError:
                return
            self.came.append(time.monotonic())
            thread = threading.Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket) -> None:
        with suppress(OSError), self._private(connection) as line:  # the portal may hang up
            self.asked.append(line.recv(65536))
            self.answering(line, self.over)

    def _private(self, connection: socket.socket) -> socket.socket:
        return self._tls.wrap_socket(connection, server_side=True) if self._tls else connection

    def close(self) -> None:
        self.over.set()
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(10)


@contextmanager
def stranger(answering: Answering, host: str = "127.0.0.1", *, certificate: Path | None = None) -> Iterator[Stranger]:
    """With a certificate, TLS is spoken."""
    server = Stranger(answering, host, certificate)
    try:
        yield server
    finally:
        server.close()


def saying(answer: bytes) -> Answering:
    return lambda connection, _over: connection.sendall(answer)


def ok(body: bytes) -> Answering:
    return saying(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def trickling(start: bytes, every: bytes, seconds: float) -> Answering:
    """The start at once, then `every` after each pause, without an end."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.wait(seconds):
            connection.sendall(every)

    return answer


def flooding(start: bytes, part: bytes) -> Answering:
    """As fast as it is read, without an end."""

    def answer(connection: socket.socket, over: threading.Event) -> None:
        connection.sendall(start)
        while not over.is_set():
            connection.sendall(part)

    return answer


def silent(_connection: socket.socket, over: threading.Event) -> None:
    over.wait(60)


def certificate(folder: Path, host: str) -> Path:
    """A file with a key and a certificate that it signed for the host itself."""
    key = ec.generate_private_key(ec.SECP256R1())
    name, now = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, host)]), datetime.datetime.now(datetime.UTC)
    made = x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
    made = made.not_valid_before(now).not_valid_after(now + datetime.timedelta(days=1))
    made = made.add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(host))]), False)
    unencrypted = serialization.NoEncryption()
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, unencrypted)
    path = folder / "server.pem"
    path.write_bytes(private + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path
