# kubeadm-control-planes.sh FOLDER HOST HOST…: from bare hosts to several control planes by kubeadm, as its own page on high
# availability has it: init with uploaded certificates on the first, joins of all others at the same time. The peer of
# `kubewright init HOST HOST…`; docs/bench.md says why each thing is as it is. FOLDER is what kubeadm-payload.ts made:
# ssh_config, runtime/ and executables/ (files at their target path), images/control-plane/, images/addons/, hosts/NAME/;
# $IGNORED: kubeadm's own checks that cannot hold on these hosts.
# stderr: `@ begin HOST PART` and `@ end HOST PART`. Where something fails, stdout has what kubeadm said.
set -eu
folder=$1
shift
first=$1
run=$folder/run
unpack='tar -xf - --no-same-owner --no-overwrite-dir -C /'
rm -rf "$run"
mkdir "$run"

# One connection a host, in which its sessions run side by side.
on() { ssh -F "$folder/ssh_config" -S "$run/$1.sock" "$@"; }

connect() { ssh -F "$folder/ssh_config" -S "$run/$1.sock" -M -N "$1" & }

connected() {
  left=500
  until [ -S "$run/$1.sock" ]; do
    left=$((left - 1))
    [ "$left" -gt 0 ]
    sleep 0.02
  done
}

part() {
  about="$1 $2"
  shift 2
  echo "@ begin $about" >&2
  "$@"
  echo "@ end $about" >&2
}

runtime() {
  tar -chf - -C "$folder/runtime" . -C "$folder/hosts/$1" . | on "$1" "$unpack && cat /root/hosts >>/etc/hosts &&
    sysctl -q -p /etc/sysctl.d/90-kubewright.conf && systemctl daemon-reload &&
    systemctl -q enable kubelet.service && systemctl -q enable --now containerd.service"
}

executables() { tar -chf - -C "$folder/executables" . | on "$1" "$unpack"; }

images() {
  for archive in "$folder/images/$2"/*; do
    on "$1" 'ctr -n k8s.io images import --local - >/dev/null' <"$archive"
  done
}

# As far as kubeadm needs the host.
prepare() {
  connected "$1"
  part "$1" executables executables "$1" &
  executables=$!
  part "$1" runtime runtime "$1"
  part "$1" images images "$1" control-plane
  wait "$executables"
}

kubeadm() {
  host=$1
  shift
  on "$host" "kubeadm $* -v=1 2>&1" >"$run/$host.log" || {
    cat "$run/$host.log"
    exit 1
  }
}

join() {
  on "$1" "sed -i s/CA_HASH/$(cat "$run/hash")/ /root/join.yaml"
  kubeadm "$1" join --config /root/join.yaml --ignore-preflight-errors="$IGNORED"
}

further() {
  prepare "$1"
  part "$1" addons images "$1" addons &
  addons=$!
  until [ -e "$run/hash" ]; do sleep 0.05; done
  part "$1" join join "$1"
  wait "$addons"
}

others=
# What is left where something failed. Each connection is ended by its socket and waited for: so its time is counted.
trap 'kill $others 2>/dev/null || :; for host; do on "$host" -O exit 2>/dev/null || :; done; wait' EXIT
for host; do connect "$host"; done
for host; do
  if [ "$host" != "$first" ]; then
    further "$host" &
    others="$others $!"
  fi
done
prepare "$first"
part "$first" addons images "$first" addons &
others="$others $!"
part "$first" init kubeadm "$first" init --config /root/kubeadm.yaml --upload-certs --ignore-preflight-errors="$IGNORED"
sed -n 's/.*--discovery-token-ca-cert-hash \(sha256:[0-9a-f]*\).*/\1/p' "$run/$first.log" | head -n 1 >"$run/new-hash"
mv "$run/new-hash" "$run/hash"
for job in $others; do wait "$job"; done
