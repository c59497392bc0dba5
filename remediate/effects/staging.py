"""Bringing contents beside their files by as few programs as one file takes, where all is as usual."""

from collections.abc import Mapping, Sequence
from stat import S_IFREG, filemode

from remediate.effects.arrival import Arrival
from remediate.facts.together import is_plain


def stage(arrivals: Mapping[int, Arrival]) -> str:
    """Bourne text that puts all contents beside their files; it fails if anything is not as usual.

    As usual is what can be replaced in one step, is as it was read, and is each a file of its own by whatever
    name. The content of number 3 is written by the function `w3`. The paths are plain.
    """
    files = arrivals.values()
    replaced = [file for file in files if file.old is not None]
    made = [file for file in files if file.old is None]
    sums = " ".join(f"{file.new} {file.beside}" for file in files)
    sums += "".join(f" {file.old} {file.path}" for file in replaced)
    names = " ".join([*(file.beside for file in files), *(file.path for file in replaced)])
    # What `ls` is to look at anyway, it can tell to have the mode with which the shell has made it.
    told = [file for file in made if replaced and file.umask is not None]
    modes: dict[int | None, list[str]] = {}
    for file in made:
        if file not in told:
            modes.setdefault(file.mode, []).append(file.beside)
    return "".join(
        [
            *(_is_usual(file) for file in files),
            # Empty until it is known who may read it: a directory may give what is new another group or list.
            *(_empty(file, file.umask) if file in told else _like(file) for file in files),
            _looks_alike(replaced, told) if replaced else "",
            *(f"n={file.beside}\nw{number}\n" for number, file in arrivals.items()),
            f'set x `cksum {names}`\ntest "$*" = "x {sums}" || exit 1\n',
            *(f"chmod {mode:04o} {' '.join(new)} || exit 1\n" for mode, new in modes.items()),
        ]
    )


def alone(file: Arrival) -> str:
    """Bourne text for one file: with what is usual where that takes fewer programs, else as it must be."""
    if file.old is None or file.umask is None or not is_plain(file.path):
        return file.script(file.write())
    beside = f"{_ours(file)} || exit 1\n{_empty(file, file.umask)}"
    usual = f"{beside}{_looks_alike([file], [])}test -w {file.beside} || exit 1\n"
    return file.script(file.write(), usual)


def _is_usual(file: Arrival) -> str:
    """Bourne text that leaves with 1 unless a file to be replaced is there, and one to be made is not."""
    path = file.path
    if file.old is None:
        return f"test ! -f {path} && test ! -d {path} && test ! -h {path} || exit 1\n"
    kept = "" if file.kept is None else f" && test ! -f {path}.{file.kept}"
    return f"test -f {path}{kept} || exit 1\n"


def _empty(file: Arrival, umask: str | None) -> str:
    """Bourne text that makes an empty file beside, of the mode that this umask gives."""
    return f"umask {umask}; : > {file.beside} || exit 1\n"


def _like(file: Arrival) -> str:
    """Bourne text that makes a file beside with owner and mode of another, or for this user alone."""
    if file.old is None:
        return _empty(file, "077")
    copied = f"umask 077; cp -p {file.path} {file.beside} || exit 1\n"
    if file.umask is None:
        return copied
    return f"if {_ours(file)}; then\n{_empty(file, file.umask)}else\n{copied}fi\n"


def _ours(file: Arrival) -> str:
    """A condition under which what the shell makes has the owner and group of a file, and all else it has.

    Elsewhere than on Linux a file may have a list of access that `ls` does not tell of: only `cp` copies it.
    """
    return f"test -d /proc/sys/kernel && test -O {file.path} && test -G {file.path}"


def _looks_alike(replaced: Sequence[Arrival], made: Sequence[Arrival]) -> str:
    """Bourne text that leaves with 1 unless each new file is what it is to be, and none is another.

    That is like the one it replaces, or of the mode it was made with; none has a list of access, of which
    `ls` tells only that there is one. It sorts its lines; of all their words only the names have a slash.
    """
    pairs = " ".join(f"{each.beside} {each.path}" for each in replaced)
    names = " ".join([pairs, *(each.beside for each in made)])
    cases = "".join(
        f"  {each.beside}) b{number}=$s ;;\n  {each.path}) p{number}=$s ;;\n"
        for number, each in enumerate(replaced)
    )
    # A file with a label of SELinux has a dot behind its mode.
    modes = [filemode(S_IFREG | (each.mode or 0)) for each in made]
    cases += "".join(
        f"  {each.beside}) case $a in {mode} | {mode}.) m=x$m ;; esac ;;\n"
        for each, mode in zip(made, modes, strict=True)
    )
    alike = [f'test -n "$b{number}" && test "$b{number}" = "$p{number}"' for number in range(len(replaced))]
    alike += [f'test "$m" = {"x" * len(made)}'] if made else []
    unknown = " ".join(f"b{number}= p{number}=" for number in range(len(replaced)))
    return _LOOK.format(names=names, unknown=unknown, cases=cases, alike=" && ".join(alike))


_LOOK = """\
set x `ls -ldin {names}`; i= m= {unknown}
while test $# -gt 5; do
  case "$i " in *" $2 "*) exit 1 ;; esac
  case $3 in *+) exit 1 ;; esac
  test "$4" = 1 || exit 1
  i="$i $2" a=$3 s="$3 $5 $6"
  while test $# -gt 1; do shift; case $1 in /*) break ;; esac; done
  case $1 in
{cases}  esac
done
{alike} || exit 1
"""
