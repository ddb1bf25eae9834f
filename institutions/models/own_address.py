"""One's own mail address: a new one counts once its link was opened by the same person."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, cast

from django.core.signing import BadSignature, Signer
from django.db import models, transaction
from django.utils.crypto import constant_time_compare, salted_hmac

from institutions import notifications
from institutions.exceptions import AddressLinkVoid
from sosportal.lib.audit.tracking import tracked

if TYPE_CHECKING:
    from institutions.models.user import User

ADDRESS_LINK_HOURS = 24
SALT = "institutions.own-address"


class OwnAddress(models.Model):
    """The verbs by which a person changes the address that their mails go to."""

    class Meta:
        abstract = True

    def ask_for_address(self, address: str, *, key: str, now: datetime) -> None:
        """Post the mail with the link to the new address; nothing else changes. `key` names the form that asked. Call
        inside the transaction of its receipt. One insert."""
        until = now + timedelta(hours=ADDRESS_LINK_HOURS)
        link = self.address_link(address, until)
        notifications.ask_about_address(cast("User", self), address, link, until, key)

    def address_link(self, address: str, until: datetime) -> str:
        """What the link to the new address ends in; it may be followed until then (aware). One query."""
        user = cast("User", self)
        return _signer().sign_object(
            {"id": user.pk, "to": address, "until": int(until.timestamp()), "mark": _mark(user)}
        )

    def address_in(self, link: str, *, now: datetime) -> str:
        """The new address that a link is about. One query.

        Raises AddressLinkVoid for one that is broken, somebody else's or too old, and once the password or the address
        has changed, even where the address is by now what it was before; that it was followed already is no reason.
        """
        user = cast("User", self)
        try:
            held = _signer().unsign_object(link)
        except (BadSignature, ValueError):
            raise AddressLinkVoid from None
        if held["id"] != user.pk or held["until"] < now.timestamp():
            raise AddressLinkVoid
        if user.email != held["to"] and not constant_time_compare(held["mark"], _mark(user)):
            raise AddressLinkVoid
        return str(held["to"])

    def take_address(self, link: str, *, now: datetime) -> str:
        """メールアドレスの変更: the link's address is the person's from now on; returns it. Told to the old and the new
        one. A link that was followed already changes nothing. Locks the person; four queries at most and an insert.

        Raises AddressLinkVoid as `address_in`, judged on the locked row.
        """
        model = cast("type[User]", type(self))
        with transaction.atomic():
            held = model.objects.select_for_update(no_key=True).get(pk=self.pk)
            address, before = held.address_in(link, now=now), held.email
            if address != before:
                held.email = address
                held.save(update_fields=["email"])
                notifications.address_changed(held, before, now)
        return str(address)


def _signer() -> Signer:
    return Signer(sep=".", salt=SALT)


def _mark(user: User) -> str:
    """The same as long as neither password nor address changes, whoever changes it; an address that comes back makes it
    no older one. One query."""
    changes: Any = tracked[type(user)]
    of_address = changes.objects.filter(pgh_obj_id=user.pk, pgh_before__has_key="email")
    last = of_address.order_by("-pgh_id").values_list("pgh_id", flat=True).first()
    return salted_hmac(SALT, f"{user.pk}:{user.password}:{user.email}:{last}").hexdigest()[:24]
