"""A mail server that none of us wrote (aiosmtpd), for the tests of platform/outbound.

Prints one JSON object a line: first its port, then each mail it took, read by Python's own parser, and each attempt it
sent away. Behaves by the recipient's local part. Ends when its input does, so it never outlives its test.
"""

import argparse
import asyncio
import email
import email.policy
import json
import ssl
import sys

from aiosmtpd.smtp import SMTP, AuthResult

options = argparse.ArgumentParser()
options.add_argument("--certificate")
options.add_argument("--key")
options.add_argument("--tls", choices=["starttls", "wrapped"])
options.add_argument("--user")
options.add_argument("--password")
options.add_argument("--ascii-only", action="store_true", help="no SMTPUTF8")
options = options.parse_args()


def say(**what):
    print(json.dumps(what), flush=True)


class Behaviour:
    def __init__(self):
        self.seen = {}

    async def handle_RCPT(self, server, session, envelope, address, rcpt_options):
        kind = address.split("@")[0]
        turn = self.seen[address] = self.seen.get(address, 0) + 1
        reply = None
        if kind == "later" and turn <= 2:
            reply = "451 4.7.1 Greylisted, " + address
        elif kind == "never":
            reply = "550 5.1.1 No such user " + address
        elif kind == "login-first":
            reply = "530 5.7.0 Authentication required"
        if reply:
            say(refused=address, reply=reply)
            return reply
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        address = envelope.rcpt_tos[0]
        kind = address.split("@")[0]
        if kind == "silent":
            say(refused=address, reply="(silence)")
            await asyncio.sleep(3600)
        if kind == "spam":
            say(refused=address, reply="554")
            return "554 5.7.1 Refused: " + envelope.content[:200].decode("ascii", "replace").replace("\r\n", " ")
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        body = lambda kind: message.get_body(preferencelist=(kind,)).get_content()
        say(
            mail_from=envelope.mail_from,
            rcpt_to=envelope.rcpt_tos,
            headers=[[name, str(value)] for name, value in message.items()],
            text=body("plain"),
            html=body("html"),
            encrypted=session.ssl is not None or options.tls == "wrapped",
            hello=session.host_name,
            login=session.auth_data.decode() if session.auth_data else None,
            defects=[str(defect) for part in message.walk() for defect in part.defects],
        )
        return "250 Taken"

    async def handle_QUIT(self, server, session, envelope):
        address = next(reversed(self.seen), "")
        if address.startswith("slam@"):
            server.transport.abort()
        if address.startswith("linger@"):
            await asyncio.sleep(3600)
        return "221 Bye"


def authenticate(server, session, envelope, mechanism, data):
    login, password = data.login.decode(), data.password.decode()
    if (login, password) == (options.user, options.password):
        return AuthResult(success=True, auth_data=data.login)
    return AuthResult(success=False, handled=False)


async def serve():
    context = None
    if options.certificate:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(options.certificate, options.key)
    behaviour = Behaviour()

    def connection():
        return SMTP(
            behaviour,
            hostname="mail.test",
            enable_SMTPUTF8=not options.ascii_only,
            tls_context=context if options.tls == "starttls" else None,
            require_starttls=options.tls == "starttls",
            authenticator=authenticate if options.user else None,
            auth_required=bool(options.user),
            # With TLS from the first byte the library does not know that there is any.
            auth_require_tls=options.tls == "starttls",
        )

    loop = asyncio.get_running_loop()
    wrapped = context if options.tls == "wrapped" else None
    server = await loop.create_server(connection, "127.0.0.1", 0, ssl=wrapped)
    say(port=server.sockets[0].getsockname()[1])
    await loop.run_in_executor(None, sys.stdin.read)


async def main():
    await serve()


try:
    asyncio.run(main())
except KeyboardInterrupt:
    pass
