"""From an inventory's host to what is needed to reach it."""

from collections.abc import Mapping
from typing import Any

from remediate.errors import RemediateError
from remediate.hosts.target import ConnectionOptions, Target, target_of
from remediate.inventory.model import Host
from remediate.templating.scope import Layer, Scope
from remediate.templating.templar import Templar


def target_for(host: Host, extra: Mapping[str, Any], options: ConnectionOptions) -> Target:
    """The host's connection variables, rendered and checked.

    Raises:
        InventoryError: a connection variable has a wrong type or value.
        TemplateError: one cannot be rendered.
    """
    wanted = {k: v for k, v in host.variables.items() if k.startswith(("ansible_", "ssh_"))}
    wanted.update({k: v for k, v in extra.items() if k.startswith(("ansible_", "ssh_"))})
    magic = {
        "inventory_hostname": host.name,
        "inventory_hostname_short": host.name.split(".", maxsplit=1)[0],
    }
    scope = Scope((Layer(extra), Layer(host.variables), Layer(magic, rendered=True)))
    try:
        rendered = Templar().render(wanted, scope)
    except RemediateError as error:
        raise type(error)(f"host {host.name}: {error.what}", where=error.where, cure=error.cure) from None
    return target_of(host.name, rendered, options)
