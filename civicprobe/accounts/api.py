"""People over HTTP: a rider's device."""

from apiflask import APIBlueprint
from flask import Response, after_this_request, jsonify

from civicprobe.accounts.identity import ensure_device, public, refuse_other_sites

blueprint = APIBlueprint("accounts_api", __name__, url_prefix="/api/v1", tag="accounts")


@blueprint.post("/device")
@public
@blueprint.doc(summary="Make this browser a rider's device", responses={201: "The cookie is set"})
def post_device() -> tuple[Response, int]:
    """Set the device cookie, once; a browser that has one keeps it. No name, no form."""
    refuse_other_sites()  # a form elsewhere comes without the cookie and would replace it
    ensure_device(after_this_request)
    return jsonify(status="ok"), 201
