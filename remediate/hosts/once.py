"""Run once or attach: Bourne text that starts a script on its host at most once, however often it is sent.

A claim is a directory that only one `mkdir` can make. Who makes it starts the script, detached from the
connection; everybody who comes later waits for the same end. In a claim are `pid` (it has begun), `out`,
`err`, and `end` (its exit status, put there by a rename). Nothing of the script itself is in it, nor in the
list of processes: both may be read for secrets.
"""

from remediate.bourne import heredoc, quote
from remediate.hosts.claim_words import say
from remediate.hosts.shell import MAX_OUTPUT
from remediate.hosts.spool import OWN, Spool, claim_place, claim_tag


def once(script: str, *, spool: Spool, key: str, room: bool = False) -> str:
    """Bourne text that runs `script` once, or waits for the run that has begun.

    What it prints and its exit status are exactly the script's own; or read them with `collected`.

    Args:
        script: Bourne text that reads nothing from its standard input.
        spool: of this run.
        key: the same for the same script of the run, whenever it is sent.
        room: whether the run has made its part of the spool before (see `make_room`): then nothing is started
            where that is gone. What the run had claimed is gone with it; or the run is over, and this was
            stuck on its way.
    """
    tag = claim_tag(spool, key)
    claim = 'mkdir "$k" 2>/dev/null' if room else _CLAIM
    return (
        claim_place(spool, key)
        + (f'test -d "$r" || {say("lost")}\n' if room else "")
        # Another run of this user may just be cleaning the spool away, hence more than once.
        + "made=\nfor n in 1 2 3 4 5; do\n"
        + OWN
        + f'if {claim}; then\nmade=1; break; fi\ntest -d "$k" && break\ndone\n'
        + 'n=0\nif test -n "$made"; then\nn=99\n'
        + _SETSID
        + _watch()
        # A shell whose child was killed may show its text, and that may hold secrets: not on our stderr.
        + "exec 3>&2 2>/dev/null\n"
        + f'${{s+"$s"}} "$0" -s {tag} "$d" >/dev/null 3>&- {heredoc(_inner(script))}'
        + "exec 2>&3 3>&-\nfi\n"
        + f'test -d "$k" || {say("spool")}\n'
        + _wait(tag)
        + 'read s <"$k/end"\n'
        + f"case $s in stopped) {say('stopped')};; esac\n"
        + 'if test -s "$k/out"; then cat "$k/out"; fi\nif test -s "$k/err"; then cat "$k/err" >&2; fi\n'
        + "if test $s -gt 256; then s=`expr $s - 128`; fi\nexit $s\n"  # a ksh's way to tell of a signal
    )


def peek(*, spool: Spool, key: str, stream: str, block: int) -> str:
    """Bourne text that prints what a claim's script has printed so far, from a block of 512 bytes on.

    Args:
        spool: of the run.
        key: the claim's name.
        stream: `out` or `err`.
        block: how many blocks are left out.
    """
    # `dd` is the one program that skips bytes on every Unix; files that are not there yet are no mistake.
    return f'{claim_place(spool, key)}dd if="$k/{stream}" bs=512 skip={block} 2>/dev/null\nexit 0\n'


def stop(*, spool: Spool, key: str) -> str:
    """Bourne text that ends a claim's process, or sees that it never begins; and records that.

    Its exit status is 0 if nothing of it runs any more.
    """
    tag = claim_tag(spool, key)
    record = '{ echo stopped >"$k/new.s"; test -s "$k/new.s" && mv "$k/new.s" "$k/end"; }\n'
    return (
        claim_place(spool, key)
        + OWN
        + '( umask 077; mkdir "$r"; mkdir "$k" ) 2>/dev/null\n'
        + 'if test -f "$k/end"; then exit 0; fi\n'
        + f'if test -d "$k/pid" || mkdir "$k/pid" 2>/dev/null; then {record[:-1]}; exit 0; fi\n'
        + 'p=; read p <"$k/pid"\ntest -n "$p" || exit 1\n'
        + _TREE
        + f"gone=; {look_alive(tag)}"
        + 'if test -z "$gone"; then\n'
        + "  kill -15 -$p 2>/dev/null; kill -15 $tree 2>/dev/null\n"
        + f"  for n in 1 2; do {look_alive(tag)}"
        + '    test -n "$gone" || sleep 1\n  done\n'
        + "  kill -9 -$p 2>/dev/null; kill -9 $tree 2>/dev/null\n"
        + f'  test -n "$gone" || {{ sleep 1; {look_alive(tag)}}}\nfi\n'
        + 'test -n "$gone" || exit 1\n'
        + f'test -f "$k/end" || {record}'
        + "exit 0\n"
    )


_CLAIM = '{ mkdir "$k" 2>/dev/null || { mkdir "$r" 2>/dev/null; mkdir "$k" 2>/dev/null; }; }'

# A session of its own, where there is a program for it: no signal to the connection's processes reaches it.
_SETSID = """\
IFS=:
for p in $PATH; do if test -f "$p/setsid"; then s=$p/setsid; break; fi; done
IFS=$i
"""


# A script that prints without end must not fill the disk: what is too much for the connection is too much.
def _watch() -> str:
    return f"""\
( while sleep 2 && test ! -f "$k/end" && test ! -d "$k/pid" && test -d "$k"; do
    p=; read p <"$k/pid"
    test -n "$p" || continue
    kill -0 $p || exit 0
    for f in out err; do
      set x `ls -ln "$k/$f"`
      if test "$6" -gt {MAX_OUTPUT}; then
        echo 137 >"$k/new.w"; test -s "$k/new.w" && mv "$k/new.w" "$k/end"; kill -9 -$p; kill -9 $p; exit 0
      fi
    done
  done ) </dev/null >/dev/null 2>&1 &
"""


def _inner(script: str) -> str:
    # A full disk leaves an empty file: no end is told then, rather than a wrong one.
    # One compound command: of a text that did not arrive whole, nothing is run. `pid` comes before anything
    # of the script; who finds a claim without it makes a directory of that name, and then it never begins.
    return f"""\
{{ trap '' 1
exec >"$2/$1/out" 2>"$2/$1/err" || exit 1
echo $$ >"$2/$1/pid"
if test -f "$2/$1/pid" && test -s "$2/$1/pid"; then :; else exit 1; fi
( set x; shift; eval {quote(f" {script}{chr(10)}")} ) </dev/null
echo $? >"$2/$1/new"; test -s "$2/$1/new" && mv "$2/$1/new" "$2/$1/end"; exit 0; }}
"""


def look_alive(tag: str) -> str:
    """Bourne text: `gone` is set if process `p` is not this claim's: its number may be another one's now."""
    return f"""\
a=`ps -p $p -o args= 2>/dev/null || ( tr '\\000' ' ' </proc/$p/cmdline ) 2>/dev/null`
case $a in
*" {tag} "*) ;;
"") kill -0 $p 2>/dev/null || gone=1;;
*) gone=1;;
esac
"""


def _wait(tag: str) -> str:
    # After ten seconds without a process the starter is taken to be dead; what it left cannot begin later.
    return f"""\
while test ! -f "$k/end"; do
  gone=
  if test -d "$k/pid"; then {say("never")}
  elif test -s "$k/pid"; then
    read p <"$k/pid"
    {look_alive(tag)}    if test -n "$gone" && test ! -f "$k/end"; then {say("gone")}; fi
  elif test $n -ge 10; then
    if mkdir "$k/pid" 2>/dev/null || test $n = 99; then {say("never")}; fi
    test -s "$k/pid" || {say("unknown")}
  else n=`expr $n + 1`
  fi
  test -f "$k/end" || sleep 1
done
"""


# The process and all that came of it; without a session of its own there is no other way to name them.
_TREE = """\
tree=$p; kids=$p
while test -n "$kids"; do
  kids=`ps -e -o pid= -o ppid= 2>/dev/null | while read c q; do
    case " $kids " in *" $q "*) echo $c;; esac; done`
  set x $kids; shift; kids="$*"; tree="$tree $kids"
done
"""
