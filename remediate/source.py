"""YAML text as a tree in which every node knows its file, line and column.

The reader is PyYAML's safe loader (YAML 1.1, as Ansible reads it), used in two steps: `compose` gives
nodes with marks, and each scalar is then turned into a value by the loader's own rules.
"""

from collections.abc import Iterator
from dataclasses import field
from pathlib import Path
from typing import Any

import yaml

from remediate.controller import THIS_MACHINE, Controller
from remediate.errors import InputError, Place
from remediate.records import dataclass
from remediate.secrecy import is_secret_name

_Loader: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_MAX_DEPTH = 100
"""Levels of nesting; nobody writes so many, and Python's stack would not bear many more."""

_MAX_VALUES = 2_000_000
"""Values in a document once its aliases are expanded; a few lines of aliases can stand for billions."""

_TAG = "tag:yaml.org,2002:"

_TOO_DEEP = f"nested more than {_MAX_DEPTH} levels deep"
_FLATTER = "give the inner values names of their own, and put them side by side"


@dataclass(frozen=True)
class Node:
    """One YAML value and its place. A mapping or a list holds nodes; `plain()` gives Python's own types."""

    value: Any
    place: Place
    key_places: dict[str, Place] = field(default_factory=dict)

    @property
    def is_mapping(self) -> bool:
        """Whether this is a mapping (its `value` is then a dict of nodes)."""
        return isinstance(self.value, dict)

    @property
    def is_list(self) -> bool:
        """Whether this is a list (its `value` is then a list of nodes)."""
        return isinstance(self.value, list)

    def items(self) -> Iterator[tuple[str, "Node"]]:
        """The entries of a mapping, in the order written."""
        yield from self.value.items()

    def get(self, key: str) -> "Node | None":
        """The entry of a mapping, or None."""
        found: Node | None = self.value.get(key)
        return found

    def key_place(self, key: str) -> Place:
        """Where a mapping's key is written."""
        return self.key_places.get(key, self.place)

    def plain(self) -> Any:
        """The value as Python's own dicts, lists and scalars."""
        if self.is_mapping:
            return {key: node.plain() for key, node in self.value.items()}
        if self.is_list:
            return [node.plain() for node in self.value]
        return self.value


def read_file(
    path: Path | str,
    kind: type[InputError],
    controller: Controller = THIS_MACHINE,
) -> str:
    """The text of a file the user named.

    Raises:
        InputError: of the given kind, if it cannot be read or is not UTF-8.
    """
    try:
        text = controller.read(str(path)).decode("utf-8-sig")
        return text.replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError as error:
        raise kind(
            f"not UTF-8 text (byte {error.start})", where=Place(str(path)), cure="save it as UTF-8"
        ) from None
    except OSError as error:
        raise kind(
            f"cannot be read: {error.strerror}", where=Place(str(path)), cure="name a file that you may read"
        ) from None
    except ValueError as error:  # a path with a NUL in it
        raise kind(
            f"cannot be read: {error}", where=repr(str(path)), cure="name a file that you may read"
        ) from None


def _cure_of(problem: str) -> str:
    """How to mend what PyYAML complains of."""
    if "cannot start any token" in problem:
        return "indent with blanks, not with tabs; put text that begins with @, ` or % in quotes"
    if "undefined alias" in problem:
        return "an alias `*name` needs `&name` before a value above it; put text that begins with * in quotes"
    if "another document" in problem:
        return "one file holds one document; take the second '---' out"
    return "look at quotes, brackets, colons and indentation here and in the line above"


def parse_yaml(text: str, file: str, kind: type[InputError]) -> Node | None:
    """The one document in `text`, or None if it is empty.

    Raises:
        InputError: of the given kind, with line and column, if the text is not YAML, holds several
            documents, a duplicate key, a key that is not a plain word or an unsupported tag.
    """
    try:
        loader = _Loader(text)
    except yaml.reader.ReaderError as error:  # the pure Python loader reads ahead
        raise _unreadable(text, error, file, kind) from None
    except UnicodeEncodeError as error:
        raise kind(
            "not UTF-8 text", where=_place_of(text, error.start, file), cure="save it as UTF-8"
        ) from None
    try:
        root = loader.get_single_node()
        return None if root is None else _Conversion(loader, file, kind).convert(root)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = Place(file, mark.line + 1, mark.column + 1) if mark else Place(file)
        raise kind(
            f"not valid YAML: {error.problem or error.context}",
            where=place,
            cure=_cure_of(error.problem or ""),
        ) from None
    except yaml.reader.ReaderError as error:
        raise _unreadable(text, error, file, kind) from None
    except RecursionError:
        raise kind(_TOO_DEEP, where=Place(file), cure=_FLATTER) from None
    finally:
        loader.dispose()


def load_yaml(
    path: Path | str,
    kind: type[InputError],
    controller: Controller = THIS_MACHINE,
) -> Node | None:
    """`parse_yaml` of a file."""
    return parse_yaml(read_file(path, kind, controller), str(path), kind)


class _Conversion:
    """One pass over the composed tree. An alias gives the very Node of what it stands for."""

    def __init__(self, loader: Any, file: str, kind: type[InputError]) -> None:
        self.loader = loader
        self.file = file
        self.kind = kind
        self.done: dict[int, Node] = {}
        self.sizes: dict[int, int] = {}
        self.under_way: set[int] = set()
        self.secret = False
        """Whether what is converted stands under a name that says that it is secret."""

    def convert(self, node: Any) -> Node:
        if isinstance(node, yaml.ScalarNode):
            return Node(self.scalar(node), self.place(node))
        identity = id(node)
        if identity in self.done:
            return self.done[identity]
        if identity in self.under_way:
            raise self.kind(
                "an alias inside what it stands for", where=self.place(node), cure="write its value out"
            )
        if len(self.under_way) == _MAX_DEPTH:
            raise self.kind(_TOO_DEEP, where=self.place(node), cure=_FLATTER)
        self.under_way.add(identity)
        mapping = isinstance(node, yaml.MappingNode)
        if node.tag != _TAG + ("map" if mapping else "seq"):
            raise self.unsupported(node)
        converted = self.mapping(node) if mapping else self.sequence(node)
        self.under_way.remove(identity)
        self.done[identity] = converted
        self.sizes[identity] = self.size(node)
        return converted

    def size(self, node: Any) -> int:
        parts = node.value if isinstance(node, yaml.SequenceNode) else [value for _, value in node.value]
        size = 1 + sum(self.sizes.get(id(part), 1) for part in parts)
        if size > _MAX_VALUES:
            raise self.kind(
                f"its aliases stand for more than {_MAX_VALUES} values",
                where=self.place(node),
                cure="write out what is needed, without aliases of aliases",
            )
        return size

    def sequence(self, node: Any) -> Node:
        return Node([self.convert(item) for item in node.value], self.place(node))

    def mapping(self, node: Any) -> Node:
        self.refuse_duplicates(node)
        self.loader.flatten_mapping(node)  # `<<: *anchor`; what is written out comes after, and wins
        values: dict[str, Node] = {}
        places: dict[str, Place] = {}
        for key_node, value_node in node.value:
            name = self.key(key_node)
            places[name] = self.place(key_node)
            outer, self.secret = self.secret, self.secret or is_secret_name(name)
            values[name] = self.convert(value_node)
            self.secret = outer
        return Node(values, self.place(node), places)

    def key(self, node: Any) -> str:
        if not isinstance(node, yaml.ScalarNode) or node.tag == _TAG + "null":
            raise self.kind(
                "a mapping's key must be a plain word",
                where=self.place(node),
                cure="a value that starts with a template needs quotes",
            )
        if not node.tag.startswith(_TAG):
            raise self.unsupported(node)
        # YAML 1.1 reads the keys `yes`, `on` and `42` as other types; a key here is always what was written.
        return str(node.value)

    def scalar(self, node: Any) -> Any:
        if node.tag == _TAG + "str":
            return node.value
        if node.tag not in self.loader.yaml_constructors:
            raise self.unsupported(node)
        try:
            return self.loader.construct_object(node, deep=True)
        except (ValueError, LookupError, AttributeError) as error:
            # such as the date 2014-02-30, or `!!int ""`, for which PyYAML has no error of its own
            word = node.tag.removeprefix(_TAG)
            raise self.kind(
                f"not a valid value for a YAML {word}" + ("" if self.secret else f": {error}"),
                where=self.place(node),
                cure="put it in quotes",
            ) from None

    def refuse_duplicates(self, node: Any) -> None:
        seen: dict[str, Any] = {}
        for key_node, _ in node.value:
            if not isinstance(key_node, yaml.ScalarNode):
                continue
            name = key_node.value
            if name in seen:
                first = self.place(seen[name])
                raise self.kind(
                    f"the key '{name}' stands twice, first at {first}",
                    where=self.place(key_node),
                    cure="keep one of the two",
                )
            seen[name] = key_node

    def unsupported(self, node: Any) -> InputError:
        if node.tag == "!vault":
            return self.kind(
                "values encrypted by ansible-vault are not supported yet",
                where=self.place(node),
                cure="decrypt it, and keep the file unreadable for others",
            )
        word = node.tag.replace(_TAG, "!!", 1)
        return self.kind(
            "a tag is not supported" if self.secret else f"the tag {word} is not supported",
            where=self.place(node),
            cure="leave it out; put text that begins with ! or is a lone = in quotes",
        )

    def place(self, node: Any) -> Place:
        return Place(self.file, node.start_mark.line + 1, node.start_mark.column + 1)


def _place_of(text: str, position: int, file: str) -> Place:
    before = text[:position]
    return Place(file, before.count("\n") + 1, position - (before.rfind("\n") + 1) + 1)


def _unreadable(text: str, error: yaml.reader.ReaderError, file: str, kind: type[InputError]) -> InputError:
    # the C loader counts in bytes, the pure one in characters: the character itself is the same for both
    found = text.find(chr(error.character)) if isinstance(error.character, int) else -1
    place = _place_of(text, found, file) if found >= 0 else Place(file)
    return kind("a character that YAML does not allow", where=place, cure='write it as an escape in "quotes"')
