# Queries. They change nothing but the cache of hashes, and that only where this tool has worked before.
# Paths come with $P already in front.

# stats PATH…: one frame a path that exists: type and mode (hex), uid, gid, size; the body is the path. For links
# one more: path, NUL, where it points.
stats() {
  count=$#
  while [ "$count" -gt 0 ]; do
    if [ -e "$1" ] || [ -L "$1" ]; then set -- "$@" "$1"; fi
    shift
    count=$((count - 1))
  done
  [ $# -eq 0 ] || stat -c "$M stat %f %u %g %s +$nl%n$nl$M" -- "$@" 2>/dev/null >&3
  for link; do
    [ -L "$link" ] || continue
    open_body link
    printf '%s\0' "$link" >&3
    readlink -- "$link" >&3
    close_body
  done
}

# content INDEX PATH: at most 1 MiB and one byte, so that the other side sees that it was more.
content() {
  [ -f "$2" ] && [ ! -L "$2" ] || return 0
  open_body content "$1"
  head -c 1048577 "$2" 2>/dev/null >&3
  close_body
}

# hashes PATH…: all in one sha256sum, except the large ones that were hashed before and did not change since.
hashes() {
  count=$#
  while [ "$count" -gt 0 ]; do
    if [ -f "$1" ] && [ ! -L "$1" ]; then set -- "$@" "$1"; fi
    shift
    count=$((count - 1))
  done
  [ $# -gt 0 ] || return 0
  open_body hashes
  if [ -d "$S" ]; then hash_large "$@"; else sha256sum -- "$@" 2>/dev/null >&3; fi
  close_body
}

# The cache: `SHA256 SIZE:DEVICE:INODE:MTIME:CTIME PATH` a line. The change time cannot be set by anybody, so an
# edit is always seen; what changed within the last two seconds is not remembered, as the clock is that coarse.
hash_large() {
  workspace
  small=$# now=$(date +%s)
  stat -c '%s %s:%d:%i:%.9Y:%.9Z %n' -- "$@" >"$T/large" 2>/dev/null
  while read -r size key path; do
    [ "$size" -gt 1048576 ] 2>/dev/null && [ -f "$path" ] || continue
    known=
    while read -r sum is of; do
      if [ "$is" = "$key" ] && [ "$of" = "$path" ]; then known=$sum; fi
    done 2>/dev/null <"$S/hashes"
    if [ -n "$known" ]; then
      printf '%s  %s\n' "$known" "$path" >&3
      forgo=1
    else
      forgo=
      changed=${key##*:}
      [ $((now - ${changed%%.*})) -lt 2 ] || {
        find_digester
        sum=$($digester <"$path") && sum=${sum%% *}
        remember_hash "$path" "$key" "$sum"
        printf '%s  %s\n' "$sum" "$path" >&3
        forgo=1
      }
    fi
    [ -z "$forgo" ] || printf '%s\n' "$path" >>"$T/answered"
  done <"$T/large"
  if [ -e "$T/answered" ]; then
    while [ "$small" -gt 0 ]; do
      answered "$1" || set -- "$@" "$1"
      shift
      small=$((small - 1))
    done
    rm -f "$T/answered"
  fi
  [ $# -eq 0 ] || sha256sum -- "$@" 2>/dev/null >&3
}

answered() {
  while IFS= read -r path; do
    [ "$path" != "$1" ] || return 0
  done <"$T/answered"
  return 1
}

remember_hash() {
  {
    while IFS= read -r entry; do
      case $entry in *" $1") ;; *) printf '%s\n' "$entry" ;; esac
    done 2>/dev/null <"$S/hashes"
    printf '%s %s %s\n' "$3" "$2" "$1"
  } >"$T/hashes" && (umask 077 && cp "$T/hashes" "$S/hashes.new.$$" && mv "$S/hashes.new.$$" "$S/hashes")
}

# cache_hash PATH SHA256: what was just uploaded; only where change times are finer than seconds.
cache_hash() {
  [ "$bytes" -gt 1048576 ] || return 0
  case $1 in *"$nl"*) return 0 ;; esac
  key=$(stat -c '%s:%d:%i:%.9Y:%.9Z' "$1" 2>/dev/null)
  case $key in *.*.*) remember_hash "$1" "$key" "$2" ;; esac
}

# names INDEX FOLDER: NUL after each.
names() {
  open_body names "$1"
  for entry in "$2"/* "$2"/.[!.]* "$2"/..?*; do
    if [ -e "$entry" ] || [ -L "$entry" ]; then printf '%s\0' "${entry##*/}" >&3; fi
  done
  close_body
}

# units NAME…: systemctl's own words, a block a unit, in the order asked for.
units() {
  open_body units
  limited 20 systemctl show -p Id -p LoadState -p ActiveState -p UnitFileState -- "$@" 2>/dev/null >&3 4<&-
  close_body
}

# look INDEX SECONDS ARGUMENT…: a command that only reads; its output is cut, not stored.
look() {
  index=$1 seconds=$2
  shift 2
  workspace
  open_body look "$index"
  {
    (cd / && limited "$seconds" "$@" 3>&- 4<&-)
    echo $? >"$T/code"
  } 2>"$T/look" | {
    head -c 1048576 >&3
    cat >/dev/null
  }
  close_body
  read -r code <"$T/code"
  open_body looked "$index" "$code"
  head -c 65536 "$T/look" >&3
  close_body
}

journal() {
  open_body journal
  [ ! -e "$S/journal" ] || cat "$S/journal" >&3
  close_body
}

ended() { frame end; }
