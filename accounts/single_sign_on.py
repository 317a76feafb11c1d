"""Signing in with the company's own identity provider, by OpenID Connect, when it is configured (SAFE-2).

Called by the pages of the door. Nobody is made this way: the provider says whose address it verified,
and exactly one active person here must have that address.
"""

from functools import cache

from authlib.integrations.django_client import OAuth
from django.conf import settings

from accounts.models import Role, User

# Signatures only the provider can make; never `none`, never one made with the secret we share.
SIGNATURES = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA", "Ed25519"]


def is_on() -> bool:
    return bool(settings.LEADOPS_SSO_URL)


def provider():
    """Return the client of the provider; it reads the provider's own description once, at the first use."""
    return _provider(settings.LEADOPS_SSO_URL, settings.LEADOPS_SSO_CLIENT_ID, settings.LEADOPS_SSO_CLIENT_SECRET)


@cache
def _provider(url: str, client_id: str, secret: str):
    return OAuth().register(
        "company",
        client_id=client_id,
        client_secret=secret,
        server_metadata_url=f"{url.rstrip('/')}/.well-known/openid-configuration",
        client_kwargs={"scope": "openid email", "code_challenge_method": "S256", "default_timeout": 10},
    )


def claims_of(request) -> dict:
    """Fetch and verify what the provider says about whoever came back. Two or three calls to the provider.

    Signature, issuer, audience, times, nonce and state are checked by Authlib, which raises.
    """
    company = provider()
    described = company.load_server_metadata()
    offered = described.get("id_token_signing_alg_values_supported") or ["RS256"]
    described["id_token_signing_alg_values_supported"] = [name for name in offered if name in SIGNATURES]
    token = company.authorize_access_token(request)
    claims = dict(token.get("userinfo") or {})
    if claims and "email" not in claims and described.get("userinfo_endpoint"):
        more = company.userinfo(token=token)
        if more.get("sub") == claims["sub"]:
            claims = dict(more) | claims
    return claims


def person_of(claims: dict) -> User | None:
    """Return the one active person with this verified address; None where there is none, or more than one."""
    email = claims.get("email")
    if not email or claims.get("email_verified") is not True:
        return None
    found = User.objects.filter(email__iexact=email, is_active=True).exclude(role=Role.API)[:2]
    return found[0] if len(found) == 1 else None


def had_second_factor(claims: dict) -> bool:
    """Say whether the provider itself asked for a second factor (RFC 8176)."""
    return "mfa" in (claims.get("amr") or ())
