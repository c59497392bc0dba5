"""Tasks against the small HTTP task, and what comes to light of them."""

from collections.abc import Callable

from runs import Ran

Play = Callable[..., Ran]

CODE = "SL-AB12-CDE34-FGH56-IJK78-LMN90-PQR12"

LIST = """
- name: list
  domino_view: {server: "{{ domino_http }}", database: smd/lab.nsf, view: Lab Licences}
  register: licences
- name: decide
  scanmail_licenses:
    entries: "{{ licences.entries }}"
    platform_column: LabPlatform
    expiry_column: LabExpiry
    keep: latest_expiry
  register: choice
"""


def shown(ran: Ran) -> str:
    """Everything that any observer, and the journal, may come to see."""
    return repr(ran.events) + repr(ran.journal.lines)
