# ours.sh MARK: names of the folders of /etc/containerd/certs.d whose hosts.toml begins with this line.
for file in /etc/containerd/certs.d/*/hosts.toml; do
  [ -f "$file" ] || continue
  IFS= read -r first <"$file"
  [ "$first" != "$1" ] || { folder=${file%/*} && printf '%s\n' "${folder##*/}"; }
done
exit 0
