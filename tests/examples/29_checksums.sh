# The same as cksum, in any order; a file that is not there is said, and the others go on.
command -v cksum >/dev/null || { echo 'no cksum'; exit 77; }
"$1" examples/*.c LICENSE | sort >"$1.actual"
cksum examples/*.c LICENSE | sort >"$1.expected"
diff "$1.expected" "$1.actual"
status=0
"$1" LICENSE nowhere >"$1.actual" 2>"$1.err" || status=$?
[ $status = 1 ]
cksum LICENSE | diff - "$1.actual"
grep -q '^nowhere: ' "$1.err"
"$1"
