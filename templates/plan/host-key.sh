# A digest of what only root can read here; from it nobody learns the keys, and without them nobody finds it.
cat /etc/ssh/ssh_host_*_key 2>/dev/null | sha256sum | {
  read -r digest _
  # Of nothing at all: a host without such keys has none to give.
  [ "$digest" = e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855 ] || echo "$digest"
}
