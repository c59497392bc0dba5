"""What the tests of this room share."""

from local_host import public_path

__all__ = ["public_path"]
