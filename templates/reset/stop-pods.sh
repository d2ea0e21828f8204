# Ends every container of the kubelet's (containerd namespace k8s.io) and its shim, and no other software's; the kubelet is stopped already,
# or it would start them again. Ends by itself: each wait is bounded. What is gone already is no failure.
PATH=/usr/local/sbin:/usr/local/bin:$PATH

pids_below() { # cgroup folders of pods, in every hierarchy
  for root in /sys/fs/cgroup /sys/fs/cgroup/*; do
    for top in "$root"/kubepods "$root"/kubepods.slice; do
      [ -d "$top" ] && find "$top" -name cgroup.procs -exec cat {} + 2>/dev/null
    done
  done | sort -u
}

wait_gone() { # SECONDS
  left=$(($1 * 5))
  while [ -n "$(pids_below)" ] && [ "$left" -gt 0 ]; do
    sleep 0.2
    left=$((left - 1))
  done
}

for pid in $(pids_below); do kill -TERM "$pid" 2>/dev/null; done
wait_gone 5
for pid in $(pids_below); do kill -KILL "$pid" 2>/dev/null; done
wait_gone 5

others_containers() { # those of other namespaces, of docker or of a person with ctr
  for namespace in $(ctr --connect-timeout 2s namespaces ls -q 2>/dev/null); do
    [ "$namespace" = k8s.io ] || ctr -n "$namespace" containers ls -q 2>/dev/null
  done
}

empty_namespace() { # what lies in it beside containers; the garbage collector takes what nothing refers to
  for lease in $(ctr -n k8s.io leases ls -q 2>/dev/null); do ctr -n k8s.io leases rm "$lease"; done
  images=$(ctr -n k8s.io images ls -q 2>/dev/null)
  [ -z "$images" ] || ctr -n k8s.io images rm --sync $images
  left=-1
  while snapshots=$(ctr -n k8s.io snapshots ls 2>/dev/null | awk 'NR > 1 { print $1 }') && [ -n "$snapshots" ]; do
    count=$(echo "$snapshots" | wc -l)
    [ "$count" != "$left" ] || break # a parent goes after its children, each round takes some
    left=$count
    for snapshot in $snapshots; do ctr -n k8s.io snapshots rm "$snapshot"; done
  done
  for blob in $(ctr -n k8s.io content ls -q 2>/dev/null); do ctr -n k8s.io content rm "$blob"; done
  ctr namespaces rm k8s.io
} >/dev/null 2>&1

if command -v ctr >/dev/null && [ -S /run/containerd/containerd.sock ]; then
  for task in $(ctr --connect-timeout 2s -n k8s.io tasks ls -q 2>/dev/null); do
    ctr -n k8s.io tasks rm -f "$task" >/dev/null 2>&1
  done
  for container in $(ctr --connect-timeout 2s -n k8s.io containers ls -q 2>/dev/null); do
    ctr -n k8s.io containers rm "$container" >/dev/null 2>&1
  done
  if [ -n "$(others_containers)" ]; then
    empty_namespace
    # What sweep.sh has to know when containerd cannot be asked any more.
    mkdir -p /run/kubewright && : >/run/kubewright/others-containers
  fi
fi
systemctl stop containerd.service 2>/dev/null
for shim in $(ps -eo pid=,args= | awk '/containerd-shim-runc-v2 -namespace k8s.io/ && !/awk/ {print $1}'); do
  kill -KILL "$shim" 2>/dev/null
done
exit 0
