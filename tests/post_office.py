"""A mail server on a socket, as small as it may be, that does what a test asks of it."""

import contextlib
import socketserver
import threading
from email import message_from_bytes, policy

import pytest


class PostOffice(socketserver.ThreadingTCPServer):
    """Keeps what it was given in `mails`, as (receiver, message). `answers` says what it does otherwise, by receiver:

    `refuse` and `later` answer RCPT with 550 and 451; `lose` takes the whole mail and hangs up without a word; `slam` hangs up before;
    `stall` takes the whole mail and says nothing more. While `hangs` is set it takes every connection and never says a word.
    """

    allow_reuse_address = daemon_threads = True

    def __init__(self):
        super().__init__(("127.0.0.1", 0), Counter)
        self.mails, self.answers = [], {}
        self.hangs, self.knocks = threading.Event(), 0

    @property
    def port(self) -> int:
        return self.server_address[1]

    def handle_error(self, request, client_address):
        """A client that hangs up is no news."""


class Counter(socketserver.StreamRequestHandler):
    def handle(self):
        self.server.knocks += 1
        if self.server.hangs.is_set():
            self.rfile.read()  # until who called gives up
            return
        self.say("220 here")
        receiver = answer = ""
        while line := self.rfile.readline():
            word = line.decode().strip()
            verb = word[:4].upper()
            if verb == "RCPT":
                receiver = word.partition("<")[2].rstrip(">")
                answer = self.server.answers.get(receiver, "")
                if answer == "slam":
                    return
                self.say({"refuse": "550 nobody here", "later": "451 later"}.get(answer, "250 ok"))
            elif verb == "DATA":
                self.say("354 go on")
                body = self.body()
                self.server.mails.append((receiver, message_from_bytes(body, policy=policy.default)))
                if answer == "lose":
                    return
                if answer == "stall":
                    self.rfile.read()
                    return
                self.say("250 taken")
            elif verb == "QUIT":
                self.say("221 bye")
                return
            else:
                self.say("250 ok")

    def body(self) -> bytes:
        lines = []
        while (line := self.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line)
        return b"".join(lines)

    def say(self, words: str) -> None:
        with contextlib.suppress(OSError):
            self.wfile.write(f"{words}\r\n".encode())


def mailers(port: int, timeout: float = 2) -> dict:
    options = {"host": "127.0.0.1", "port": port, "timeout": timeout}
    return {"default": {"BACKEND": "django.core.mail.backends.smtp.EmailBackend", "OPTIONS": options}}


@pytest.fixture
def post_office(settings):
    """A mail server that LeadOps sends to. `post_office.closed()` is a while in which it cannot be reached,
    `post_office.hanging()` one in which it takes calls and says nothing; `post_office.impatient()` one in which we wait shortly."""
    office = PostOffice()
    threading.Thread(target=office.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
    settings.MAILERS = mailers(office.port)

    @contextlib.contextmanager
    def closed():
        settings.MAILERS = mailers(1)
        yield
        settings.MAILERS = mailers(office.port)

    @contextlib.contextmanager
    def impatient():
        settings.MAILERS = mailers(office.port, timeout=0.3)
        yield
        settings.MAILERS = mailers(office.port)

    @contextlib.contextmanager
    def hanging():
        with impatient():
            office.hangs.set()
            yield
            office.hangs.clear()

    office.closed, office.impatient, office.hanging = closed, impatient, hanging
    yield office
    office.shutdown()
    office.server_close()
