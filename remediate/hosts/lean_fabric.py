"""Fabric without what a run never needs of invoke, which is a tenth of the time that a run takes to start.

invoke, on which Fabric and paramiko are built, imports `unittest.mock` for a class that helps its users'
tests; asyncio and ssl come with it. And it brings a copy of PyYAML, in whose place it takes the one that is
installed, as in packages of Linux distributions. So this is imported before paramiko. Who has imported such
a module already, keeps it.
"""

import sys
from types import ModuleType

import yaml

_MOCK = "unittest.mock"


def _nothing(name: str) -> None:
    if name.startswith("__"):  # what Python itself asks of a module
        raise AttributeError(name)


sys.modules.setdefault("invoke.vendor.yaml", yaml)
if _MOCK in sys.modules:
    import fabric
else:
    sys.modules[_MOCK] = ModuleType(_MOCK)
    sys.modules[_MOCK].__dict__["__getattr__"] = _nothing
    try:
        import fabric
    finally:
        del sys.modules[_MOCK]

__all__ = ["fabric"]
