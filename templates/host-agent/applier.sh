# The hand of kubewright on a host: one root shell a lane and run, POSIX sh (dash, bash, busybox ash).
# Parts are joined in this order: applier, journal, lock, operations, fetch, actions, inspect; then `serve` is called.
#
# Requests come as lines of quoted words, evaluated as they stand (src/host/request.ts quotes them), followed by
# exactly as many content bytes as the line says. Answers are frames on stdout:
#   MARKER word word …                      without a body
#   MARKER word … + \n BODY \n MARKER \n     with one; the body may hold any bytes
# MARKER is a random word that arrives on stdin, so that no process list shows it and nothing can imitate it.
# Every path below gets $P in front, so that tests can work inside a root of their own.

LC_ALL=C
export LC_ALL
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
umask 022
nl='
'
tab='	'
# The protocol moves to descriptors of its own: no command can eat a request or speak in our place.
exec 3>&1 4<&0 >/dev/null </dev/null

frame() { printf '%s %s\n' "$M" "$*" >&3; }
open_body() { printf '%s %s +\n' "$M" "$*" >&3; }
close_body() { printf '\n%s\n' "$M" >&3; }

# hello MARKER RUN LANE PREFIX PATIENCE: PATIENCE is how long, in seconds, a predecessor's command is waited for.
hello() {
  M=$1 run=$2 lane=$3 P=$4 patience=$5
  [ -z "$P" ] || PATH=$P/stub-bin:$PATH
  S=$P/var/lib/kubewright
  T=$P/run/kubewright/$run.$lane
  limiter=
  ! command -v timeout >/dev/null 2>&1 || limiter=timeout
  ready= folders= owned= fetched= swept= digester=
  # Commands that are started get the usual reaction to a broken pipe again, as a trap is not inherited.
  trap leave PIPE
  frame hello 1 "$(id -u)" "$(uname -s)"
}

serve() {
  while IFS= read -r line <&4; do eval "$line"; done
  leave
}

# long N: the next N bytes are requests. `read` takes a system call a byte, so long lines travel this way.
long() { eval "$(dd bs="$1" count=1 iflag=fullblock <&4 2>/dev/null)"; }

# The other side went away or is done. Outputs that it has not seen stay for the same run's next connection.
leave() {
  # Killed in the middle of a batch, whose lock this shell still holds.
  tidy
  [ -z "$folders" ] || settle "$S/journal" $folders
  set -- "$T"/out.*
  [ -e "$1" ] || vacate
  exit 0
}

bye() {
  vacate
  exit 0
}

# The folder of all workspaces goes with the last one. After a lost connection the next agent of the same run and lane
# may have moved in already: then it is no longer ours to take away.
vacate() {
  holder=$$
  read -r holder 2>/dev/null <"$T/pid"
  [ "$holder" != $$ ] || rm -rf "$T"
  rmdir "${T%/*}" 2>/dev/null
}

workspace() {
  [ -z "$owned" ] || [ ! -d "$T" ] || return 0
  # Several times: a predecessor that leaves may take a folder away in between.
  for _ in 1 2 3; do
    (umask 077 && mkdir -p "$T" && printf '%s\n' $$ >"$T/pid") 2>/dev/null && owned=1 && return 0
  done
  return 1
}

limited() {
  limit=$1
  shift
  if [ -n "$limiter" ]; then timeout -k 5 "$limit" "$@"; else "$@"; fi
}

# Exactly $bytes bytes of the protocol to stdout. dd rather than head: busybox's head reads more than it was told.
pull() {
  whole=$((bytes / 262144)) rest=$((bytes % 262144))
  [ "$whole" -eq 0 ] || dd bs=262144 count="$whole" iflag=fullblock 2>/dev/null
  [ "$rest" -eq 0 ] || dd bs="$rest" count=1 iflag=fullblock 2>/dev/null
} <&4

# What hashes large content: Debian 12's sha256sum takes four times what openssl takes, which uses the processor's own
# instructions. Trusted once it has hashed `abc` as FIPS 180-2 has it.
find_digester() {
  [ -z "$digester" ] || return 0
  digester=sha256sum abc=ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad
  case $(printf abc | openssl dgst -sha256 -r 2>/dev/null) in "$abc "*) digester='openssl dgst -sha256 -r' ;; esac
}

# receive FILE: the content of the current operation; $sum is its sha256. Reads all of it whatever happens: dd reads
# nothing where it cannot open its output, and what it leaves would be taken for requests.
receive() {
  taken=1
  { true >"$1"; } 2>"$T/err" || {
    drain
    return 1
  }
  if [ "$bytes" -eq 0 ]; then
    sum=$(sha256sum <"$1")
  elif [ "$bytes" -le 1048576 ]; then
    dd bs="$bytes" count=1 iflag=fullblock of="$1" <&4 2>"$T/err" || return 1
    sum=$(sha256sum <"$1")
    true >"$T/err"
  else
    find_digester
    sum=$(pull | tee "$1" 2>"$T/err" | $digester)
    [ ! -s "$T/err" ] && [ "$(wc -c <"$1")" -eq "$bytes" ] || return 1
  fi
  sum=${sum%% *}
}

drain() {
  [ "$bytes" -eq 0 ] || pull >/dev/null
}

# Onto the disk. An old sync takes no files and writes everything out instead, and a folder may be gone again; but what
# the disk does not take must not pass for written.
settle() {
  sync "$@" 2>"$T/sync" && return
  while IFS= read -r complaint; do
    case $complaint in
      *'nput/output error'* | *'No space left'* | *'no space left'* | *'uota exceeded'*)
        printf '%s\n' "$complaint" >>"$T/err"
        return 1
        ;;
    esac
  done <"$T/sync"
  sync
}
