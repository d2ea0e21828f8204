# Listens at PORT/tcp and PORT/udp of ADDRESS for SECONDS at most, so that other hosts can try to reach them. Says of each
# `listening PORT/PROTOCOL`, or `closed PORT/PROTOCOL` where that was not possible, or `unable` where there is no means.
# listen.sh FOLDER SECONDS ADDRESS PORT/PROTOCOL…
folder=$1 seconds=$2 address=$3
shift 3
for needed in systemd-socket-activate timeout setsid; do
  command -v "$needed" >/dev/null 2>&1 || { echo unable && exit 0; }
done
(umask 077 && mkdir -p "$folder") || { echo unable && exit 0; }
case $address in *:*) address="[$address]" ;; esac

# Takes nothing along that its caller has open: not the answer's pipe, not the locks of the applier.
alone() {
  setsid timeout "$seconds" "$@" </dev/null >/dev/null 2>"$folder/$name.log" 3>&- 4>&- 7>&- 8>&- 9>&- &
  echo $! >"$folder/$name.pid"
}

for wanted; do
  port=${wanted%/*} name=${wanted%/*}.${wanted#*/}
  case $wanted in
    # The kernel takes connections in; nobody has to.
    */tcp) alone systemd-socket-activate -l "$address:$port" sleep "$seconds" ;;
    # What arrives is kept: a sender learns nothing from a datagram that is not answered.
    */udp) alone systemd-socket-activate --datagram -l "$address:$port" --inetd dd bs=64 "of=$folder/$name.got" ;;
  esac
done

tries=0
for wanted; do
  name=${wanted%/*}.${wanted#*/}
  read -r pid <"$folder/$name.pid"
  until grep -q '^Listening' "$folder/$name.log" || [ ! -d "/proc/$pid" ] || [ $tries -ge 60 ]; do
    tries=$((tries + 1))
    sleep 0.05
  done
  if grep -q '^Listening' "$folder/$name.log"; then echo "listening $wanted"; else echo "closed $wanted"; fi
done
