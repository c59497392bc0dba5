"""The inventory variables of the articles' story: what an administrator knows of each server.

Nobody publishes the values that say LAB; on a real site they come from the vendor's other articles, from the
console database itself, and from whoever installed the servers.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from remediate.bourne import quote
from remediate.lab.certificates import pin_of, web_name
from remediate.lab.documents import (
    CODE,
    EXPIRES,
    FULL,
    KIND,
    LICENCE_FORM,
    LICENCE_PROXY_FORM,
    LICENCE_VIEW,
    PLATFORM,
    PROXY_PORT,
    PROXY_SERVER,
    PROXY_USED,
    RIGHT_PROXY,
    SERVER_PROXY_FORM,
    SETTINGS_VIEW,
    TRIAL,
)
from remediate.lab.draw import LabServer
from remediate.lab.loglines import DATE_FORMATS
from remediate.lab.packages import FOLDER, HAND_PATTERN, hotfix_package, pattern_package, sha256_of
from remediate.lab.paths import LabPaths, ServerPaths
from remediate.lab.replicator import DATABASE
from remediate.lab.site import GRACE_OVER, PATCHED_BUILD, TRIAL_LEFT, Site
from remediate.lab.surroundings import CHECK_LINE, CHECK_SECTION
from remediate.lab.web import WEB_PASSWORD, WEB_USER

HEAD = """\
# Values that say LAB are this lab's: the vendor does not publish them. What the variables mean:
#
# Everywhere
#   smconf_database                 the console database, relative to the data directory
#   license_view, license_form      its view of licence documents, and their form
#   license_platform_field, license_expires_field, license_kind_field, license_code_field   their fields
#   license_kind_full, license_kind_trial   what the kind's field says of a real licence, and of a trial key
#   license_expires_format          how the expiry is written, as strptime wants it
#   settings_view                   its view of the documents with proxy settings
#   proxy_form_column               its column with the form of the document
#   license_proxy_form              the form of Administration > Product License > Proxy Settings
#   server_proxy_form               the form of Configurations > Server Settings > Proxy Settings
#   proxy_used_field, proxy_server_field, proxy_port_field   their fields; proxy_used_value means "in use"
#   certificate_check_line          what turns the certificate check off, in smd_configuration
#   certificate_check_section       a regular expression for the line below which it goes
#   certificate_check_until         the day by which the hot fix is to be in; smd_comment begins a comment
#   patched_build                   the build from which on the certificate check is right
#   pattern_package, pattern_sha256, pattern_number   the pattern file to put in by hand, on this machine
# Each host
#   smd_product, smd_version        SMD, SMLD or SMID, and its version
#   smd_configuration               ScanMail's configuration file
#   pattern_directory               where its pattern files lie
#   smd_platform_in_license         what license_platform_field says of this platform
#   hotfix_package, hotfix_sha256, hotfix_build   the hot fix on this machine, and the build that it makes
#   hotfix_command                  unpacks and installs it; run in staging_dir, with the package in it
#   hotfix_marker                   a file that is there while an installation is not complete
#   staging_dir                     a directory on the server for packages
#   smd_tasks                       ScanMail's tasks, to be ended for an installation
#   license_route                   direct, proxy or none (then the licence comes from TMCM or from the hub)
#   proxy_server, proxy_port        the right proxy, where there is one
#   tmcm_agent_build                the build of the TMCM agent, where there is one
#   smd_service_pack                on Windows: ScanMail's service pack
#   domino_server_name              the server's full name; domino_role is alone, hub or spoke
#   domino_hub                      on a spoke, its hub in this inventory; domino_hub_name is its full name
#   domino_http                     where HTTP is on: port, login, user, password, and how TLS is proven
#   domino_console_log              where the console log is, if not in its usual place
#   domino_console                  how console commands are given, if not with bin/server -c
#   domino_log_date_format          how the console log writes dates, as strptime wants it, if it does
#   license_grace_over              true where the grace period is over, as the console database shows
#   license_trial_key               true where it shows a trial key that is left over, and HTTP is off
#   license_duplicates              true where it shows more than one licence of a platform, and HTTP is off
#   domino_http_json, domino_access_services   whether views come as JSON, whether Access Services are enabled
"""


def everywhere(lab: LabPaths) -> Mapping[str, Any]:
    """What is the same on all servers."""
    return {
        "smconf_database": DATABASE,
        "license_view": LICENCE_VIEW,
        "license_form": LICENCE_FORM,
        "license_platform_field": PLATFORM,
        "license_expires_field": EXPIRES,
        "license_kind_field": KIND,
        "license_code_field": CODE,
        "license_kind_full": FULL,
        "license_kind_trial": TRIAL,
        "license_expires_format": "%Y-%m-%d",
        "settings_view": SETTINGS_VIEW,
        "proxy_form_column": "Form",
        "license_proxy_form": LICENCE_PROXY_FORM,
        "server_proxy_form": SERVER_PROXY_FORM,
        "proxy_used_field": PROXY_USED,
        "proxy_used_value": RIGHT_PROXY[PROXY_USED],
        "proxy_server_field": PROXY_SERVER,
        "proxy_port_field": PROXY_PORT,
        "smd_comment": ";",
        "certificate_check_section": rf"^\[{CHECK_SECTION}\]$",
        "certificate_check_line": CHECK_LINE,
        "certificate_check_until": "2030-01-31",
        "patched_build": PATCHED_BUILD,
        "pattern_package": str(pattern_package(lab)),
        "pattern_sha256": sha256_of(pattern_package(lab)),
        "pattern_number": HAND_PATTERN,
    }


def of_host(lab: LabPaths, server: LabServer) -> dict[str, Any]:
    """What one server has of its own; nothing in the licence's story."""
    paths, site = lab.of(server), server.site
    if site is None:
        return {}
    variables: dict[str, Any] = {
        "smd_product": site.product,
        "smd_version": site.version,
        "smd_configuration": str(paths.configuration),
        "pattern_directory": str(paths.patterns),
        "smd_platform_in_license": server.platform,
        "staging_dir": str(paths.staging),
        "smd_tasks": ["smdreal", "smdmon", "smdsch", "smdupd"],
        "license_route": site.route,
        "domino_server_name": f"{server.name}/Lab",
        "domino_role": site.role,
    }
    if site.product != "SMID":
        package, target = hotfix_package(lab, server.smd_version), quote(str(paths.smd_install))
        variables |= {
            "hotfix_package": str(package),
            "hotfix_sha256": sha256_of(package),
            "hotfix_build": PATCHED_BUILD,
            "hotfix_command": f"tar xf {package.name} && sh {FOLDER}/install.sh {target}",
            "hotfix_marker": str(paths.install_marker),
        }
    if site.route == "proxy":
        variables |= {"proxy_server": RIGHT_PROXY[PROXY_SERVER], "proxy_port": RIGHT_PROXY[PROXY_PORT]}
    variables |= _seen_by_a_person(site)
    if site.agent_build is not None:
        variables["tmcm_agent_build"] = site.agent_build
    if site.hub:
        variables |= {"domino_hub": site.hub, "domino_hub_name": f"{site.hub}/Lab"}
    if site.http != "off":
        variables |= {
            "domino_http": _web_server(lab, server, site),
            "domino_http_json": site.newer_http,
            "domino_access_services": site.access_services,
        }
    if site.console_log:
        variables["domino_console_log"] = str(paths.console_log)
    if server.platform == "windows":
        variables["smd_service_pack"] = site.service_pack
    console = _console(paths)
    if console is not None:
        variables["domino_console"] = console
    if server.log_date in DATE_FORMATS:
        variables["domino_log_date_format"] = DATE_FORMATS[server.log_date]
    return variables


def _seen_by_a_person(site: Site) -> dict[str, Any]:
    """What the console database shows to who opens it, and HTTP, where it is on, to everybody."""
    unseen = site.http == "off"
    seen = {
        "license_grace_over": site.case == GRACE_OVER,
        "license_duplicates": unseen and "duplicates" in site.case and site.role != "spoke",
        "license_trial_key": unseen and site.case == TRIAL_LEFT,
    }
    return {name: True for name, holds in seen.items() if holds}


def _console(paths: ServerPaths) -> dict[str, Any] | None:
    server, site = paths.server, paths.server.site
    if site is not None and site.start_script:
        return {"adapter": "nashcom", "script": str(paths.start_script)}
    if server.platform == "windows":
        return {"adapter": "windows", "answer_file": str(paths.staging / "answer")}
    if server.platform == "ibmi":
        template = "SBMDOMCMD CMD('{command}') SERVER(" + server.name.upper() + ")"
        return {"adapter": "ibmi", "template": template, "encoding": server.log_encoding}
    return None


def _web_server(lab: LabPaths, server: LabServer, site: Site) -> dict[str, Any]:
    paths = lab.of(server)
    variables: dict[str, Any] = {
        "port": site.http_port,
        "login": site.http,
        "user": WEB_USER,
        "password": WEB_PASSWORD,
    }
    if site.tls == "pin":
        variables |= {"name": web_name(paths), "tls_pin": pin_of(paths)}
    elif site.tls == "authority":
        variables |= {"name": web_name(paths), "tls_ca": str(paths.certificate)}
    return variables


def role_groups(servers: Sequence[LabServer]) -> dict[str, Any]:
    """The groups `hubs` and `spokes`, if there are any."""
    groups: dict[str, Any] = {}
    for group, role in (("hubs", "hub"), ("spokes", "spoke")):
        names = [server.name for server in servers if server.site and server.site.role == role]
        if names:
            groups[group] = {"hosts": {name: {} for name in names}}
    return groups
