"""Staff sign-in by Flask-Security: user name and password, a one-time code where it is on.

Its self-registration, e-mail recovery and token authentication stay off.
"""

import hashlib
from typing import NoReturn

from flask import Flask
from flask_security import RoleMixin, Security, SQLAlchemyUserDatastore, UserMixin
from flask_security.totp import Totp
from flask_wtf import CSRFProtect
from passlib.totp import TotpMatch

from civicprobe.accounts.models import Account
from civicprobe.accounts.queries import has_accounts
from civicprobe.db import db
from civicprobe.errors import NotFound, Unauthorised
from civicprobe.settings import Settings

csrf = CSRFProtect()


def install(app: Flask, settings: Settings) -> None:
    """Add sign-in, sessions and the forms' CSRF tokens to the app."""
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SESSION_COOKIE_HTTPONLY=True,
        SESSION_COOKIE_SAMESITE="Lax",
        SESSION_COOKIE_SECURE=settings.public_url.startswith("https:"),
        WTF_CSRF_TIME_LIMIT=None,  # a form left open over lunch is still a form
        SECURITY_PASSWORD_HASH="argon2",  # noqa: S106  # the name of a scheme
        # Argon2 salts each password itself; a salt from the secret key would tie them all to it.
        SECURITY_PASSWORD_SINGLE_HASH=True,
        SECURITY_USERNAME_ENABLE=True,
        SECURITY_USERNAME_REQUIRED=True,
        SECURITY_USERNAME_MIN_LENGTH=3,
        SECURITY_USERNAME_ALLOWED_CHARS=["L", "N", "Pd", "Pc", "Po"],  # `people.USERNAME`
        SECURITY_USER_IDENTITY_ATTRIBUTES=[{"username": {"mapper": _as_is}}],
        SECURITY_RETURN_GENERIC_RESPONSES=True,
        SECURITY_API_ENABLED_METHODS=["session"],
        SECURITY_SEND_REGISTER_EMAIL=False,
        SECURITY_EMAIL_SUBJECT_PASSWORD_NOTICE="",
        SECURITY_SEND_PASSWORD_CHANGE_EMAIL=False,
        SECURITY_CHANGEABLE=False,
        SECURITY_RECOVERABLE=False,
        SECURITY_REGISTERABLE=False,
        SECURITY_TRACKABLE=False,
        SECURITY_REDIRECT_VALIDATE_MODE=["regex"],
        SECURITY_POST_LOGIN_VIEW="/start",
        SECURITY_POST_LOGOUT_VIEW="/",
        SECURITY_FLASH_MESSAGES=True,
        SECURITY_TWO_FACTOR=settings.two_factor,
        SECURITY_TWO_FACTOR_REQUIRED=settings.two_factor,
        SECURITY_TWO_FACTOR_ENABLED_METHODS=["authenticator"],
        SECURITY_TWO_FACTOR_RESCUE_EMAIL=False,
        SECURITY_TOTP_SECRETS={"1": _derived(settings, "totp")},
        SECURITY_TOTP_ISSUER="civicprobe",
    )
    csrf.init_app(app)
    security = Security(totp_cls=OneTimeCodes)
    # Its roles are not used: `Account.role` says it, `requires` asks it.
    security.init_app(app, SQLAlchemyUserDatastore(db, Account, RoleMixin))
    security.unauthn_handler(_refuse)
    app.jinja_env.globals.update(nobody_yet=lambda: not has_accounts(db.session()))
    if settings.two_factor:  # whoever lost the phone asks the desk above, see `recovery`
        app.view_functions["security.two_factor_rescue"] = _no_rescue


class OneTimeCodes(Totp):
    """A code counts once: the time step of the last one that counted is kept with the account."""

    def get_last_counter(self, user: UserMixin) -> int | None:
        """The step of the last code that counted."""
        return getattr(user, "tf_last_counter", None)

    def set_last_counter(self, user: UserMixin, tmatch: TotpMatch) -> None:
        """Keep the step of the code that counts now; the sign-in commits it."""
        if isinstance(user, Account):
            user.tf_last_counter = tmatch.counter


def _as_is(identity: str) -> str | None:
    return identity.strip() if 0 < len(identity.strip()) <= 64 else None


def _refuse(*_: object, **__: object) -> NoReturn:
    raise Unauthorised("not_signed_in")


def _no_rescue() -> NoReturn:
    raise NotFound("no_such_page")


def _derived(settings: Settings, purpose: str) -> str:
    """A key of its own for each purpose, from the one secret."""
    return hashlib.sha256(f"{purpose}:{settings.secret_key}".encode()).hexdigest()
