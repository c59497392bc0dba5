# The ten steps as somebody would write them who uses plain ssh: sh -s STATE NAME [check], with PATTERN in front.
state=$1 name=$2 check=$3 rc=0
said() { echo "$1: $2"; }
put() {  # put FILE: standard input is what it shall hold
    cat > "$state/.new"
    if cmp -s "$state/.new" "$1"; then rm -f "$state/.new"; said ok "$1"
    elif test "$check"; then rm -f "$state/.new"; said would-change "$1"
    else chmod 644 "$state/.new"; mv "$state/.new" "$1"; said changed "$1"; fi
}
release=`cat "$state/release"`
case $release in *8.5*) said ok release;; *) said failed release; rc=1;; esac

if grep '^proxy=' "$state/app.ini" >/dev/null; then
    sed 's|^proxy=.*|proxy=proxy.example.com:8080|' "$state/app.ini" | put "$state/app.ini"
else
    sed '/^\[update\]/a\
proxy=proxy.example.com:8080' "$state/app.ini" | put "$state/app.ini"
fi
sed 's|^MaxThreads.*|MaxThreads 64|' "$state/app.conf" | put "$state/app.conf"

case `ls -ld "$state/spool" 2>/dev/null` in
drwxr-x---*) said ok spool;;
*) if test "$check"; then said would-change spool; else mkdir -p "$state/spool"; chmod 750 "$state/spool"; said changed spool; fi;;
esac

put "$state/motd" <<end
This is $name, of release $release.
Changes are announced at the usual place.
end
pattern | put "$state/pattern.dat"

tries=0
until sh "$state/console" show license | grep valid >/dev/null; do
    tries=`expr $tries + 1`
    test $tries -lt 5 || { said failed console; rc=1; break; }
done
awk '!seen[$0]++' "$state/licences" | put "$state/licences"
ls -l "$state/pattern.dat"
if test "$check"; then :; else
    test `wc -c < "$state/pattern.dat"` -eq 20480 || { said failed pattern; rc=1; }
fi
exit $rc
