# What kubeadm makes on a host, or what stands there in its place: `entry MODE OWNER TYPE PATH` for each file and
# folder, `content PATH BASE64` for files. Keys stay where they are: of them comes the first line alone.
# What the kubelet keeps for itself while it runs (pods, plugins, *_state) depends on when one looks, and is left out.
set -u
export LC_ALL=C
paths() {
  find /etc/kubernetes -path /etc/kubernetes/tmp -prune -o -print
  find /var/lib/kubelet -maxdepth 1 ! -name '*_state' \( -type f -o -path /var/lib/kubelet \)
  find /var/lib/kubelet/pki
  [ ! -d /var/lib/etcd ] || echo /var/lib/etcd
}
paths 2>/dev/null | while read -r path; do
  stat -c 'entry %a %U:%G %F %n' "$path"
  case $path in
    *.key | */sa.pub) [ ! -f "$path" ] || printf 'content %s %s\n' "$path" "$(head -n 1 "$path" | base64 -w 0)" ;;
    */pki/kubelet-*.pem) printf 'content %s %s\n' "$path" "$(sed '/PRIVATE KEY/,$d' "$path" | base64 -w 0)" ;;
    *) [ ! -f "$path" ] || printf 'content %s %s\n' "$path" "$(base64 -w 0 "$path")" ;;
  esac
done
