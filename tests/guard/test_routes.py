"""Every route says who may call it, and holds to it."""

import pytest

from civicprobe.accounts.roles import Role
from civicprobe.app import create_app
from civicprobe.settings import Settings

# Flask's and Flask-Security's own, by name: static files, the contract, signing in and out.
OTHERS = {
    "static",
    "openapi.spec",
    "security.static",
    "security.login",
    "security.logout",
    "security.verify",
    "security.two_factor_setup",
    "security.two_factor_setup_validate",
    "security.two_factor_token_validation",
    "security.two_factor_rescue",
    "security.tf_select",
}


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    folder = tmp_path_factory.mktemp("routes")
    return create_app(Settings.from_env({"CIVICPROBE_VAR_DIR": str(folder)}))


def test_every_route_declares_who_may_call_it(app):
    silent = [
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if rule.endpoint not in OTHERS
        and not hasattr(app.view_functions[rule.endpoint], "allowed_roles")
    ]
    assert silent == []


def test_no_exception_is_stale(app):
    assert {rule.endpoint for rule in app.url_map.iter_rules()} >= OTHERS


def test_what_changes_something_is_for_named_roles(app):
    for rule in app.url_map.iter_rules():
        if rule.endpoint in OTHERS or not rule.methods & {"PUT", "POST", "PATCH", "DELETE"}:
            continue
        allowed = app.view_functions[rule.endpoint].allowed_roles
        open_to_all = {"pages_link.act", "accounts_api.post_device", "pages_staff.reset"}
        assert allowed < frozenset(Role) or rule.endpoint in open_to_all, rule.endpoint


def test_self_registration_recovery_and_tokens_of_the_library_are_off(app):
    for name in ("register", "forgot_password", "reset_password", "change_password"):
        assert f"security.{name}" not in app.view_functions
