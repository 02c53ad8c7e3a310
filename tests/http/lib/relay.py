"""A real SMTP server, for tests: python3 relay.py KIND CERT KEY

KIND is plain, starttls or tls. It prints its port, then each envelope as a
line of JSON. What it does with a mail says the local part of the address:
nobody@ is refused for good at RCPT, later@ for now, full@ for good when it was
sent. With TLS a login is asked for: "sluice", "relay secret"."""

import asyncio
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

kind, cert, key = sys.argv[1:]


class Relay:
    def __init__(self):
        self.later = 0

    async def handle_RCPT(self, server, session, envelope, address, options):
        local = address.split("@")[0]

        if local.startswith("nobody"):
            return "550 5.1.1 No such mailbox here"
        if local.startswith("later") and self.later < 1:
            self.later += 1
            return "451 4.7.1 Greylisted, come back"

        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        if envelope.rcpt_tos[0].startswith("full"):
            return "554 5.7.1 This looks like spam"

        print(json.dumps({
            "from": envelope.mail_from, "to": envelope.rcpt_tos,
            "tls": server.transport.get_extra_info("ssl_object") is not None,
            "login": getattr(session, "login", None),
            "message": envelope.content.decode(),
        }), flush=True)
        return "250 OK"


def authenticate(server, session, envelope, mechanism, data):
    session.login = data.login.decode()
    return AuthResult(success=data.password == b"relay secret")


context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain(cert, key)
options = {} if kind == "plain" else {
    "authenticator": authenticate, "auth_required": True,
    "auth_require_tls": kind == "starttls"}
relay = Relay()


def make():
    return SMTP(relay, enable_SMTPUTF8=True, hostname="relay.example.org",
                tls_context=context if kind == "starttls" else None,
                require_starttls=kind == "starttls", **options)


async def main():
    server = await asyncio.get_running_loop().create_server(
        make, "127.0.0.1", 0, ssl=context if kind == "tls" else None)

    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
