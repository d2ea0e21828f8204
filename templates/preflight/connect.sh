# Tries to reach PORT/PROTOCOL of ADDRESS. Says of each over TCP `open`, `refused`, `silent` or `failed`, then ADDRESS and
# PORT, and for `failed` the reason; over UDP nothing: NUMBER is sent three times. `unable`: there is no means.
# connect.sh SECONDS NUMBER [ADDRESS PORT/PROTOCOL]…
seconds=$1 number=$2
shift 2
for needed in bash timeout; do
  command -v "$needed" >/dev/null 2>&1 || { echo unable && exit 0; }
done

reach() {
  said=$(timeout "$seconds" bash -c ': <"/dev/tcp/$1/$2"' bash "$1" "$2" 2>&1)
  case $?:$said in
    0:*) echo "open $1 $2" ;;
    124:*) echo "silent $1 $2" ;;
    *refused*) echo "refused $1 $2" ;;
    *) echo "failed $1 $2 ${said##*: }" ;;
  esac
}

send() {
  for pause in 0.05 0.1 0; do
    bash -c 'echo "$3" >"/dev/udp/$1/$2"' bash "$1" "$2" "$number" 2>/dev/null
    sleep $pause
  done
}

while [ $# -ge 2 ]; do
  case $2 in
    */tcp) reach "$1" "${2%/*}" & ;;
    */udp) send "$1" "${2%/*}" & ;;
  esac
  shift 2
done
wait
