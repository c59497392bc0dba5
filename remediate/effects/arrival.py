"""How new content comes into a file: beside it first, compared there, and then in one step into its place."""

import posixpath
import secrets
from functools import cached_property

from remediate.bourne import encode, quote_path, write_to
from remediate.effects.base import DRIFTED
from remediate.effects.guards import APPEARED
from remediate.facts.cksum import cksum
from remediate.facts.together import is_plain
from remediate.records import dataclass


@dataclass(frozen=True, kw_only=True)
class Arrival:
    """A file, and the content that comes into it."""

    path: str
    old: str | None
    """Sum and size of what was read; None if nothing was there."""
    after: str
    mode: int | None
    """That of a new file; of an old one what it was when it was read, None if that is not known."""
    kept: str | None
    """What is added to the name of the copy that is kept of the old file, if one is."""

    @property
    def umask(self) -> str | None:
        """With what a shell makes a file of this mode; None if the mode is another than it can give."""
        return None if self.mode is None or self.mode & ~0o666 else f"{0o666 & ~self.mode:04o}"

    @cached_property
    def beside(self) -> str:
        """Where the content comes first."""
        return name_beside(self.path)

    @cached_property
    def new(self) -> str:
        """Sum and size of the content."""
        data = encode(self.after)
        return f"{cksum(data)} {len(data)}"

    def write(self) -> str:
        """Bourne text that writes the content to `$n`."""
        return write_to('"$n"', self.after)

    def script(self, write: str, usual: str | None = None) -> str:
        """Bourne text for this file alone, whatever it is; `write` does what that of `write()` does.

        `usual` puts an empty file beside that can take its place, or fails, where that takes fewer programs.
        """
        plain = is_plain(self.path)
        copy = _COPY.format(stage=_STAGE if plain else _STAGE_ANY, spare=quote_path(name_beside(self.path)))
        pieces = {
            "write": write,
            "copy": copy if usual is None else _USUAL.format(usual=usual, copy=copy),
            "sums": '`cksum "$n" "$p"`' if plain else '`cksum < "$n"` - `cksum < "$p"`',
            "new": self.new,
            "old": self.old,
            "mode": self.mode,
            "keep": self.keep(),
            "place": self.place(),
            "absent": _ABSENT,
            "changed": _drifted("its content has changed"),
        }
        end = _END.format(why=why_not_there(self.path, "the new content did not arrive whole"))
        return self.names() + end + (_CREATE if self.old is None else _REPLACE).format(**pieces)

    def names(self) -> str:
        """Bourne text for the two names, `$p` of the file and `$t` beside it."""
        return f"p={quote_path(self.path)}; t={quote_path(self.beside)}\n"

    def keep(self) -> str:
        """Bourne text that keeps the old file, if it is to be kept; `end` is called if that fails."""
        return "" if self.kept is None else keep_old(self.path, f'"$p".{self.kept}', failed="end 1")

    def place(self) -> str:
        """Bourne text for the last step, from `$t` to `$p`; the same if that fails."""
        return _PLACE_NEW if self.old is None else _PLACE


def name_beside(path: str) -> str:
    """A new name in the directory of a file, for what is to come into its place."""
    # Nobody can guess it: where others may write, they might have put a link there.
    return posixpath.join(posixpath.dirname(path), f".remediate-{secrets.token_hex(8)}")


def why_not_there(path: str, otherwise: str) -> str:
    """Bourne text that says why what was to come beside a file is not there, or not whole."""
    return (
        f"  dir={quote_path(posixpath.dirname(path))}\n"
        '  if test -d "$dir" && test ! -w "$dir"; then echo "this user may not write in $dir"\n'
        f"  else echo '{otherwise} (is the disk full?)'; fi >&2\n"
    )


def keep_old(path: str, kept: str, *, failed: str) -> str:
    """Bourne text that keeps a copy of the file `$p` as `kept` (shell text); `failed` is done if it cannot.

    Its name can be guessed: what somebody has put there is replaced, and not written through.
    """
    return (
        f"b={quote_path(name_beside(path))}\n"
        f'cp -p "$p" "$b" && test ! -d {kept} && mv -f "$b" {kept} || {{ rm -f "$b"; {failed}; }}\n'
    )


def _drifted(why: str) -> str:
    return f"{{ echo {why} >&2; end {DRIFTED}; }}"


_END = """\
n=$t
end() {{ rm -f "$t" "$n"; exit $1; }}
lost() {{
{why}  end 1
}}
"""
_ABSENT = f"""\
if test -f "$p" || test -d "$p" || test -h "$p"; then {_drifted(APPEARED)}; fi
"""
_CREATE = """\
{absent}umask 077
{write}set x `cksum < "$n"`
test "$2 $3" = "{new}" || lost
chmod {mode:04o} "$t" || end 1
{place}"""
# `cp -p` gives the new file the old one's owner and mode as far as this user may, and only then the content
# comes into it. Where he may not, and for links and files of several names, that has a file of its own, and
# is written into the file that is there, so that who owns it stays true; the copy is what can be put back.
_COPY = """\
cp -p "$p" "$t" 2>/dev/null || cp "$p" "$t" || lost
n={spare}
if test -h "$p"; then :; else
{stage}  test "$2 $3 $4 $5" = "$copy" && test "$3" = 1 && test -w "$t" && n=$t
fi
"""
_USUAL = """\
if (
{usual}) >/dev/null 2>&1; then n=$t
else
rm -f "$t"
{copy}fi
"""
_REPLACE = """\
test -f "$p" || {changed}
umask 077
{copy}{write}set x {sums}
test "$2 $3" = "{new}" || lost
test "$5 $6" = "{old}" || {changed}
{keep}if test "$n" = "$t"; then {place}elif test ! -w "$p"; then echo "this user may not write it" >&2; end 1
elif cat "$n" > "$p"; then rm -f "$t" "$n"
elif cat "$t" > "$p"; then echo "the old content has been put back" >&2; end 1
else rm -f "$n"; echo "HALF WRITTEN; the old content is in $t" >&2; exit 1
fi
"""
_PLACE = 'mv -f "$t" "$p" || end 1\n'
# What somebody makes there meanwhile is not overwritten: `mv` asks first, and nobody answers.
_PLACE_NEW = f"""\
{_ABSENT}mv -i "$t" "$p" </dev/null >&2 && test ! -f "$t" || {{
  if ls -d "$p" >/dev/null 2>&1; then {_drifted(APPEARED)}; fi
  end 1
}}
"""
# What `ls` says of both, the first in `copy`, the second from $2 on; which one comes first is all the same.
_STAGE = """\
  set x `ls -ldn "$t" "$p"`; copy="$2 $3 $4 $5"
  while test $# -gt 1 && test "$1" != "$t" && test "$1" != "$p"; do shift; done
"""
_STAGE_ANY = """\
  set x `ls -ldn "$t"`; copy="$2 $3 $4 $5"
  set x `ls -ldn "$p"`
"""
