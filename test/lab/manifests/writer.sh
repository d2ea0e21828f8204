# A client that writes without a pause, on a worker: one ConfigMap after the other, each over a connection of its own
# through the node's balancer. Prints "number milliseconds" of the clock for each that was acknowledged; what was not is
# sent again under its name, and 409 says that it had arrived. Arguments: URL of the API server, seconds.
url=$1 end=$(($(date +%s) + $2)) n=0
while [ "$(date +%s)" -lt "$end" ]; do
  n=$((n + 1))
  while :; do
    status=$(curl -s -o /dev/null -w '%{http_code}' -m 5 --cacert /root/ca.crt --cert /root/admin.crt --key /root/admin.key \
      -H 'Content-Type: application/json' "$url/api/v1/namespaces/default/configmaps" \
      -d "{\"apiVersion\":\"v1\",\"kind\":\"ConfigMap\",\"metadata\":{\"name\":\"write-$n\"}}")
    case $status in
      201 | 409) break ;;
      *)
        echo "refused $n $status" >&2
        sleep 0.1
        ;;
    esac
    [ "$(date +%s)" -lt "$end" ] || exit 0
  done
  echo "$n $(date +%s%3N)"
done
