# One request on stdin, one answer on stdout: systemd starts this for each connection (kubewright-share@.service).
# GET /TOKEN/SHA256 is that file below FOLDER, with `Range: bytes=N-` from N on. Everything else is not found.
LC_ALL=C
export LC_ALL
folder=$1
cr=$(printf '\r')

# head STATUS LENGTH LINE…
head() {
  printf 'HTTP/1.1 %s\r\nContent-Length: %s\r\nConnection: close\r\n' "$1" "$2"
  shift 2
  for line; do printf '%s\r\n' "$line"; done
  printf '\r\n'
}

refuse() {
  head "$1" 0
  exit 0
}

IFS=' ' read -r method path _ || exit 0
from='' lines=0
while IFS= read -r line && line=${line%"$cr"} && [ -n "$line" ]; do
  lines=$((lines + 1))
  [ "$lines" -lt 50 ] || refuse '431 Request Header Fields Too Large'
  case $line in
    [Rr][Aa][Nn][Gg][Ee]:*bytes=*-) from=${line##*bytes=} from=${from%-} ;;
  esac
done

token=${path#/}
digest=${token#*/} token=${token%%/*}
case $token$digest in *[!0-9a-f]*) refuse '404 Not Found' ;; esac
file=$folder/$token/$digest
[ "$method" = GET ] && [ ${#token} = 32 ] && [ ${#digest} = 64 ] && [ -f "$file" ] || refuse '404 Not Found'
size=$(stat -c %s "$file") || refuse '404 Not Found'

case $from in
  '' | 0* | *[!0-9]* | ???????????????*)
    head '200 OK' "$size"
    exec cat "$file"
    ;;
esac
[ "$from" -lt "$size" ] || refuse '416 Range Not Satisfiable'
head '206 Partial Content' $((size - from)) "Content-Range: bytes $from-$((size - 1))/$size"
exec tail -c +$((from + 1)) "$file"
