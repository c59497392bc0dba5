"""Fabric without `unittest.mock`, which is a twentieth of the time that a run takes to start.

invoke, on which Fabric and paramiko are built, imports it for a class that helps its users' tests; asyncio
and ssl come with it. So this is imported before paramiko. Who has imported it already, keeps it.
"""

import sys
from types import ModuleType

_MOCK = "unittest.mock"


def _nothing(name: str) -> None:
    if name.startswith("__"):  # what Python itself asks of a module
        raise AttributeError(name)


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
