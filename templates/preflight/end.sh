# Ends what listen.sh began. Says which NUMBERs arrived by datagram: `got NUMBER`. Late ones are waited for a moment.
# end.sh FOLDER [NUMBER]…
folder=$1
shift
got=$folder/*.udp.got
arrived() {
  for number; do grep -qx "$number" $got 2>/dev/null || return 1; done
}
tries=0
until arrived "$@" || [ $tries -ge 20 ]; do
  tries=$((tries + 1))
  sleep 0.1
done
for number; do ! grep -qx "$number" $got 2>/dev/null || echo "got $number"; done
for file in "$folder"/*.pid; do
  read -r pid 2>/dev/null <"$file" && kill "$pid" 2>/dev/null
done
rm -rf "$folder"
