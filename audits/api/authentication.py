"""Who sends a request: bearer tokens, stored as hashes, expiring, revocable."""

from typing import Final

from django.db.models.functions import Now
from django.http import HttpRequest
from knox.crypto import hash_token
from knox.models import AuthToken
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed

from audits.models import Person

SCHEME: Final = "Bearer"
PARTS: Final = 2


class BearerAuthentication(BaseAuthentication):
    """`Authorization: Bearer <token>`; one query finds token, person and organization.

    Knox mints and stores the tokens. Whether one has expired is for the database's clock to say.
    """

    def authenticate(self, request: HttpRequest) -> tuple[Person, AuthToken] | None:
        """Find the person behind the token; None without one. Raises AuthenticationFailed."""
        parts = request.headers.get("Authorization", "").split()
        if not parts or parts[0].lower() != SCHEME.lower():
            return None
        if len(parts) != PARTS:
            raise AuthenticationFailed("Send one token after the word Bearer")
        token = _find(parts[1])
        return token.user, token

    def authenticate_header(self, request: HttpRequest) -> str:
        """Name the scheme, for the answer 401."""
        del request
        return SCHEME


def _find(token: str) -> AuthToken:
    # Looked up by its hash: how long that takes tells nothing about any token.
    found = (
        AuthToken.objects.select_related("user__organization")
        .filter(digest=hash_token(token), expiry__gt=Now(), user__is_active=True)
        .first()
    )
    if found is None:
        raise AuthenticationFailed("The token is unknown, expired or revoked")
    return found
