# A batch: `batch EPOCH AGAIN`, any number of `op …`, `finish`. It stops at the first failure; what follows is read
# and thrown away, so that the protocol stays in step.

prepare() {
  workspace || return 1
  true >"$T/err"
  [ -d "$S/kept" ] || (umask 077 && mkdir -p "$S/kept") 2>>"$T/err" || return 1
  [ -n "$ready" ] || [ ! -s "$S/journal" ] || [ -z "$(tail -c 1 "$S/journal")" ] || printf '\n' >>"$S/journal"
  [ -e "$S/journal" ] || (umask 077 && true >>"$S/journal") 2>>"$T/err"
}

batch() {
  epoch=$1 again=$2 stopped='' folders='' why='' outcome=failed
  if ! prepare; then
    stopped=1
  elif ! exclusive; then
    why=busy stopped=1
  else
    [ -n "$again" ] || forget
    sweep
    renew || stopped=1
    ready=1
  fi
  [ -z "$stopped" ] || refused=1
}

# The answers of earlier batches were read: the other side sends the next one.
forget() {
  set -- "$T"/out.* "$T"/code.*
  for file; do [ ! -e "$file" ] || set -- "$@" "$file"; done
  rm -f "$@"
}

# Workspaces of runs that were killed; once a shell.
sweep() {
  [ -z "$swept" ] || return 0
  swept=1
  for old in "$P/run/kubewright"/*; do
    owner=
    read -r owner 2>/dev/null <"$old/pid"
    [ "$old" = "$T" ] || [ -z "$owner" ] || [ -d "/proc/$owner" ] || rm -rf "$old"
  done
}

# Archives of a run that was killed: once its image is imported, nobody comes back for one. Whoever works with them has
# the lane's file locked; what is left of a download is taken up.
sweep_archives() (
  set -- "$S"/incoming/*
  [ -e "$1" ] && command -v flock >/dev/null 2>&1 || return 0
  command exec 6>>"$P/run/kubewright-bulk.flock" && flock -n 6 || return 0
  for file; do
    case $file in *.part) ;; *) rm -f "$file" ;; esac
  done
)

# failing WORD…: why the operation fails; always false.
failing() {
  why=$*
  return 1
}

# op SEQUENCE KIND BYTES SECONDS ID TARGET UNDO MARK ARGUMENT…: ID, TARGET and UNDO escaped for the journal.
op() {
  seq=$1 kind=$2 bytes=$3 seconds=$4 id=$5 target=$6 undo=$7 mark=$8
  shift 8
  taken='' made=0 code=0 folder='' fresh=''
  if [ -n "$stopped" ]; then
    drain
    [ -z "$refused" ] || report failed
    refused=
    return
  fi
  why=
  true >"$T/err"
  if leased && "op_$kind" "$@" && record 'done' "$run" "$id" "$code"; then
    report ok
  else
    stopped=1
    [ -n "$taken" ] || drain
    explain
    report failed
  fi
}

# A full disk is told apart from other failures, wherever it shows.
explain() {
  [ -z "$why" ] || return 0
  while IFS= read -r complaint; do
    case $complaint in
      *'No space left'* | *'no space left'* | *'uota exceeded'*) why=full ;;
      # All that dash says of a journal that does not take its line.
      *'I/O error'*) [ "$(free_bytes "$S")" -gt 4096 ] || why=full folder=$S ;;
    esac
  done <"$T/err"
  [ "$why" != full ] || why="full ${bytes:-0} $(free_bytes "${folder:-$S}")"
}

free_bytes() {
  set -- $(stat -f -c '%S %a' "$1" 2>/dev/null || echo 0 0)
  echo $(($1 * $2))
}

# report ok|failed: code and reason in the header, then stdout and the end of stderr, each bounded.
report() {
  set -- op "$seq" "$1" "$code" $why
  if [ -s "$T/out.$seq" ]; then
    open_body "$@"
    head -c 1048576 "$T/out.$seq" >&3
    close_body
  else
    frame "$@"
  fi
  if [ -s "$T/err" ]; then
    open_body err
    tail -c 65536 "$T/err" >&3
    close_body
  else
    frame err
  fi
}

finish() {
  if [ -n "$ready" ] && [ -d "$S" ]; then
    settle "$S/journal" $folders
    tidy
    exec 9>&-
  fi
  refused=
  frame end
}

# repeated: this operation was sent before on a connection that was lost. 0: its effect is there; 1: it never began.
repeated() {
  [ -n "$again" ] || return 1
  if grep -qF "done$tab$run$tab$id$tab" "$S/journal"; then
    read -r code 2>/dev/null <"$T/code.$seq" || code=0
    return 0
  fi
  [ "$kind" = image ] || ! grep -qF "begin$tab$run$tab$id$tab" "$S/journal" || why=interrupted
  return 1
}

# expected PATH EXPECTATION SHA256: the file is as the plan saw it, or already as it is to be.
expected() {
  case $2 in
    any) return 0 ;;
    absent) [ -e "$1" ] || [ -L "$1" ] || return 0 ;;
  esac
  found=absent
  if [ -L "$1" ] || [ -d "$1" ]; then
    found=other
  elif [ -f "$1" ]; then
    found=$(sha256sum <"$1")
    found=${found%% *}
  fi
  [ "$found" = "$2" ] || [ "$found" = "$3" ] || failing moved "$found"
}

op_write() {
  keep=
  place "$@"
}
# What an attempt to fetch it left behind is of no more use.
op_upload() {
  keep=$6
  place "$@" || return 1
  [ ! -e "$S/incoming/$4.part" ] || rm -f "$S/incoming/$4.part"
}

# place PATH MODE MASK SHA256 EXPECTATION
place() {
  make_room "$1" "$4" "$5" "$bytes" || return 1
  umask "$3"
  receive "$temporary"
  received=$?
  umask 022
  if [ $received = 0 ] && [ "$sum" != "$4" ]; then failing damaged; received=1; fi
  put_in_place $received "$2"
}

# make_room PATH SHA256 EXPECTATION BYTES: what is there is as expected and remembered, the change is begun; $temporary
# is where the content goes.
make_room() {
  path=$P$1 folder=$P${1%/*}
  # containerd makes an empty folder where a container's file should be: where that was deleted, it may go.
  [ ! -d "$path" ] || [ -L "$path" ] || rmdir "$path" 2>/dev/null || {
    echo "$1 is a directory" >"$T/err"
    return 1
  }
  expected "$path" "$3" "$2" && remember "$path" && parents "$folder" && begin || return 1
  if [ "$4" -gt 1048576 ]; then
    free=$(free_bytes "$folder")
    [ "$free" -eq 0 ] || [ "$free" -gt "$4" ] || failing full "$4" "$free" || return 1
  fi
  temporary=$folder/.kubewright-${mark%"${mark#????????????????}"}
  [ ! -e "$temporary" ] || rm -f "$temporary"
}

# put_in_place RECEIVED MODE: 0 where $temporary is what it should be; its sha256 is $sum.
put_in_place() {
  if [ "$1" = 0 ] && settled "$temporary" "$2" && rename "$temporary" "$path"; then
    touched "$folder"
    pass_on "$path" "$sum"
    [ "$kind" = write ] || cache_hash "$path" "$sum"
    return 0
  fi
  explain
  rm -f "$temporary"
  return 1
}

# pass_on FILE SHA256: where the folder $keep is named, it has FILE under its digest from now on, for other hosts to
# fetch; the answer says `kept` then. A host that cannot keep it has its file all the same, so this fails nothing.
pass_on() {
  [ -n "$keep" ] || return 0
  kept=$P$keep/$2
  {
    (umask 066 && mkdir -p "${kept%/*}") && {
      ln -f "$1" "$kept" || { cp "$1" "$kept.new" && mv -f "$kept.new" "$kept"; }
    } && echo kept >"$T/out.$seq"
  } 2>/dev/null || rm -f "$kept.new"
}

# settled FILE MODE: mode and owner, then onto the disk. The umask already gave it every mode without x bits.
settled() {
  case $2 in
    *[1357]* | ????) chmod "$2" "$1" 2>>"$T/err" || return 1 ;;
  esac
  { [ -O "$1" ] && [ -G "$1" ]; } || chown "$(id -u):$(id -g)" "$1" 2>>"$T/err" || return 1
  # The copy of what was there is to be found by its name too.
  settle "$1" ${fresh:+"$fresh" "$S/kept"} "$S/journal"
}

rename() {
  [ ! -L "$2" ] || rm -f "$2"
  mv -f "$1" "$2" 2>>"$T/err"
}
