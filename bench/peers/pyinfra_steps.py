"""The ten steps as a deploy of pyinfra."""

from pathlib import Path

from pyinfra import host
from pyinfra.facts.server import Command
from pyinfra.operations import files, server

HERE = Path(__file__).parent
state = host.data.state

release = host.get_fact(Command, f"cat {state}/release")
if "8.5" not in release:
    raise ValueError(release)
files.line(path=f"{state}/app.ini", line="^proxy=", replace="proxy=proxy.example.com:8080")
files.line(path=f"{state}/app.conf", line="^MaxThreads.*$", replace="MaxThreads 64")
files.directory(path=f"{state}/spool", mode="750")
files.template(
    src=str(HERE / "motd.j2"),
    dest=f"{state}/motd",
    mode="644",
    inventory_hostname=host.name,
    release={"stdout": release},
)
files.put(src=str(HERE / "pattern.dat"), dest=f"{state}/pattern.dat", mode="644")
server.shell(
    commands=[f"sh {state}/console show license | grep valid"],
    _retries=5,
    _retry_delay=0,
)
server.shell(
    commands=[
        f"awk '!seen[$0]++' {state}/licences > {state}/.new; "
        f"cmp -s {state}/.new {state}/licences && rm {state}/.new || mv {state}/.new {state}/licences"
    ]
)
server.shell(commands=[f"test `wc -c < {state}/pattern.dat` -eq 20480"])
