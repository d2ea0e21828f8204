# Files that the host fetches by itself, with curl or wget. What arrives is kept under its digest in incoming/ until
# the batch ends, because several files may come from one archive.

# fetch PATH MODE MASK SHA256 EXPECTATION KEEP SIZE URL DIGEST MEMBER NEAR NAME=VALUE…: what is at URL has DIGEST; the
# file is it, or MEMBER in it. NEAR: another host has it, see download. The variables are the downloading program's.
op_fetch() {
  target_path=$1 mode=$2 mask=$3 wanted=$4 keep=$6 size=$7 url=$8 digest=$9
  # Nothing follows on stdin; what is counted is what will be there.
  taken=1 bytes=$size
  make_room "$target_path" "$wanted" "$5" "$size" || return 1
  shift 9
  member=$1 near=$2
  shift 2
  archive=$S/incoming/$digest
  fetched="$fetched $digest"
  # Sent again after a lost connection, or half of a set that a killed run left.
  ! holds "$path" "$wanted" || archive=$path member=''
  [ "$archive" = "$path" ] || obtain "$@" || return 1
  umask "$mask"
  extract >"$temporary" 2>>"$T/err"
  received=$?
  umask 022
  holds "$temporary" "$wanted" || received=1
  [ $received = 0 ] || [ -s "$T/err" ] || failing damaged
  put_in_place $received "$mode"
}

extract() {
  if [ -z "$member" ]; then
    cat "$archive"
  else
    # Archives that were made of a folder have ./ before every name.
    tar -xzOf "$archive" "$member" 2>/dev/null || tar -xzOf "$archive" "./$member"
  fi
}

# holds FILE SHA256; leaves $sum.
holds() {
  [ -f "$1" ] && [ ! -L "$1" ] || return 1
  find_digester
  sum=$($digester <"$1")
  sum=${sum%% *}
  [ "$sum" = "$2" ]
}

# obtain NAME=VALUE…: $archive is what is at $url. What a cut download left is taken up where it ended.
obtain() {
  (umask 077 && mkdir -p "$S/incoming") 2>>"$T/err" || return 1
  ! holds "$archive" "$digest" || return 0
  part=$archive.part resumed=
  [ ! -s "$part" ] || resumed=1
  download "$@" || {
    code=$?
    # The server cannot go on, or has less than is here.
    case $resumed.$code in
      1.8 | 1.22 | 1.33 | 1.36) rm -f "$part" && resumed='' code=0 && download "$@" || code=$? ;;
    esac
  }
  [ "$code" = 0 ] || undelivered || return 1
  if [ -n "$resumed" ] && ! holds "$part" "$digest"; then
    # Pieces of two files: once more from the start.
    rm -f "$part"
    download "$@" || { code=$? && undelivered || return 1; }
  fi
  holds "$part" "$digest" || {
    rm -f "$part"
    failing damaged
    return 1
  }
  mv -f "$part" "$archive"
}

# Why nothing came; always false.
undelivered() {
  explain
  [ -z "$why" ] || return 1
  case $code in
    124) failing timeout ;;
    127) failing nofetcher ;;
    *) failing unfetched "$code" ;;
  esac
}

# download NAME=VALUE…: $url to $part, going on where that ends. https never leads away from https. The address may
# hold a password, which everybody would see in the list of processes: it comes on stdin. busybox's wget has no such way.
# A host that is $near answers at once or not at all, and there is another way then.
download() (
  for variable; do export "$variable"; done
  case $url in https:*) protocols='=https' ;; *) protocols='=http,https' ;; esac
  exec 2>>"$T/err" 3>&- 4<&-
  umask 077
  if command -v curl >/dev/null 2>&1; then
    set -- --connect-timeout 15 --speed-time 60 --retry 4
    [ -z "$near" ] || set -- --connect-timeout 5 --speed-time 15 --retry 0
    limited "$seconds" curl -fsSL --proto "$protocols" --proto-redir "$protocols" "$@" --speed-limit 1 \
      -C - -o "$part" -K - <<CONFIG
url = "$url"
CONFIG
  elif command -v wget >/dev/null 2>&1; then
    set -- -T 60
    # busybox has no number of tries; it tries once.
    [ -z "$near" ] || case $(wget --help 2>&1) in *--tries*) set -- -T 10 --tries 1 ;; *) set -- -T 10 ;; esac
    case $url in
      *@*) printf '%s\n' "$url" | limited "$seconds" wget -q -c "$@" -O "$part" -i - ;;
      *) limited "$seconds" wget -q -c "$@" -O "$part" "$url" </dev/null ;;
    esac
  else
    exit 127
  fi
)

# What was fetched has its place now, or its run is gone; what came of a cut download stays.
tidy() {
  for digest in $fetched; do rm -f "$S/incoming/$digest"; done
  fetched=
}
