# Every item is put once and got once, in order; none is got before its turn to be put, and at most two wait.
binary=$1
"$binary" >"$binary.log"
seq 0 9 >"$binary.expected"
sed -n 's/^put //p' "$binary.log" | diff "$binary.expected" -
sed -n 's/^ *got \([0-9]*\),.*/\1/p' "$binary.log" | diff "$binary.expected" -
! grep -v -e '^put [0-9]$' -e '^    got [0-9], [0-2] more are waiting$' "$binary.log"
