# Ends what runs that were killed have left listening (listen.sh), and waits for its end: the ports are free then.
for folder in /run/kubewright-preflight-*; do
  [ -d "$folder" ] || continue
  for file in "$folder"/*.pid; do
    read -r pid 2>/dev/null <"$file" || continue
    # Long after, the number may be another's.
    grep -q systemd-socket-activate "/proc/$pid/cmdline" 2>/dev/null || continue
    kill "$pid" 2>/dev/null
    tries=0
    while [ -d "/proc/$pid" ] && [ $tries -lt 40 ]; do
      tries=$((tries + 1))
      sleep 0.05
    done
  done
  rm -rf "$folder"
done
