"""The ten steps with Fabric as its tutorial uses it: `run` for each command, `put` for each file.

`python fabric_steps.py HOSTS.json KEY KNOWN_HOSTS PATTERN first|dry`
"""

import io
import json
import sys
from concurrent.futures import ThreadPoolExecutor

from fabric import Connection

FORKS = 32


def main() -> int:
    """The number of hosts that failed."""
    hosts_file, key, known_hosts, pattern_file, phase = sys.argv[1:6]
    with open(hosts_file) as file:  # noqa: PTH123
        hosts = json.load(file)
    with open(pattern_file) as file:  # noqa: PTH123
        pattern = file.read()
    with ThreadPoolExecutor(FORKS) as pool:
        results = pool.map(lambda each: one(each, key, known_hosts, pattern, check=phase == "dry"), hosts)
        return sum(not result for result in results)


def one(host, key, known_hosts, pattern, *, check):
    """Whether one host went well."""
    state = host["state"]
    with Connection(
        host["address"],
        port=host["port"],
        connect_kwargs={"key_filename": key, "allow_agent": False, "look_for_keys": False},
    ) as c:
        c.client.load_host_keys(known_hosts)

        def run(command):
            return c.run(command, hide=True, warn=True)

        def put(path, text):
            if run(f"cat {path}").stdout != text and not check:
                c.put(io.BytesIO(text.encode()), path)
                run(f"chmod 644 {path}")

        release = run(f"cat {state}/release").stdout.strip()
        if "8.5" not in release:
            return False
        if run(f"grep '^proxy=proxy.example.com:8080$' {state}/app.ini").failed and not check:
            run(f"sed -i '/^\\[update\\]/a proxy=proxy.example.com:8080' {state}/app.ini")
        if run(f"grep '^MaxThreads 64$' {state}/app.conf").failed and not check:
            run(f"sed -i 's/^MaxThreads.*/MaxThreads 64/' {state}/app.conf")
        if run(f"stat -c %a {state}/spool").stdout.strip() != "750" and not check:
            run(f"mkdir -p {state}/spool && chmod 750 {state}/spool")
        put(
            f"{state}/motd",
            f"This is {host['name']}, of release {release}.\nChanges are announced at the usual place.\n",
        )
        put(f"{state}/pattern.dat", pattern)
        for _ in range(5):
            if "valid" in run(f"sh {state}/console show license").stdout:
                break
        else:
            return False
        licences = run(f"cat {state}/licences").stdout.splitlines()
        put(f"{state}/licences", "\n".join(dict.fromkeys(licences)) + "\n")
        size = run(f"stat -c %s {state}/pattern.dat").stdout.strip()
        return check or size == "20480"


if __name__ == "__main__":
    sys.exit(main())
