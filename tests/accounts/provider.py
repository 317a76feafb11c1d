"""An identity provider for tests: OpenID Connect on loopback, with whatever flaw a test asks for."""

import base64
import hashlib
import json
import threading
import time
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs, urlencode, urlsplit

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey


@dataclass
class Provider:
    """What it says about whoever signs in there, and how it lies."""

    claims: dict = field(default_factory=dict)
    signs_with: str = "RS256"
    forged_key: bool = False
    is_down: bool = False
    url: str = ""
    secret: str = "a-secret-that-both-sides-know-1234"
    asked: dict = field(default_factory=dict)

    def __post_init__(self):
        self.key = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})
        self.other = RSAKey.generate_key(2048, {"kid": "one", "use": "sig"})

    def described(self) -> dict:
        return {
            "issuer": self.url,
            "authorization_endpoint": f"{self.url}/authorize",
            "token_endpoint": f"{self.url}/token",
            "jwks_uri": f"{self.url}/keys",
            "id_token_signing_alg_values_supported": ["RS256", "HS256", "none"],
        }

    def token(self, sent: dict) -> dict:
        """Answer the back channel; the code must come with what was promised for it."""
        digest = hashlib.sha256(sent["code_verifier"].encode()).digest()
        assert base64.urlsafe_b64encode(digest).rstrip(b"=").decode() == self.asked["code_challenge"]
        now = int(time.time())
        claims = {"iss": self.url, "aud": "leadops", "sub": "1", "iat": now, "exp": now + 60}
        claims |= {"nonce": self.asked["nonce"]} | self.claims
        header = {"alg": self.signs_with, "kid": "one"}
        key = self.other if self.forged_key else self.key
        if self.signs_with == "HS256":
            key = OctKey.import_key(self.secret)
        if self.signs_with == "none":
            parts = (json.dumps(part).encode() for part in (header, claims))
            signed = ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts) + "."
        else:
            signed = jwt.encode(header, claims, key)
        return {"access_token": "x", "token_type": "Bearer", "expires_in": 60, "id_token": signed}

    def sign_in(self, address: str) -> str:
        """Do what a browser and a person do there; return the address they are sent back to."""
        self.asked = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        return f"{self.asked['redirect_uri']}?{urlencode({'code': 'c', 'state': self.asked['state']})}"


def serve(provider: Provider) -> ThreadingHTTPServer:
    class Handler(BaseHTTPRequestHandler):
        def answer(self, body, status=200):
            self.send_response(500 if provider.is_down else status)
            self.send_header("Content-Type", "application/json")
            self.end_headers()
            self.wfile.write(json.dumps(body).encode())

        def do_GET(self):
            keys = {"keys": [provider.key.as_dict(private=False)]}
            pages = {"/.well-known/openid-configuration": provider.described(), "/keys": keys}
            self.answer(pages[self.path])

        def do_POST(self):
            sent = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
            self.answer(provider.token({name: values[0] for name, values in sent.items()}))

        def log_message(self, *_args):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    provider.url = f"http://127.0.0.1:{server.server_port}"
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server
