# The operations that are not about one file's content.

# mkdir PATH MODE
op_mkdir() {
  path=$P$1 folder=$P${1%/*}
  if [ -d "$path" ]; then
    before=directory
    remember "$path" && begin || return 1
    [ "$(stat -c %a "$path")" = "$2" ] || chmod "$2" "$path" 2>>"$T/err"
    return
  fi
  remember "$path" && parents "$folder" && begin || return 1
  mkdir "$path" 2>>"$T/err" && chmod "$2" "$path" 2>>"$T/err" && touched "$folder"
}

# remove PATH RECURSIVE EXPECTATION: whole folders are not kept, single files are.
op_remove() {
  path=$P$1 folder=$P${1%/*}
  if [ ! -e "$path" ] && [ ! -L "$path" ]; then
    before=absent
    begin
    return
  fi
  expected "$path" "$3" '' && remember "$path" && begin || return 1
  settle "$S/journal"
  if [ -d "$path" ] && [ ! -L "$path" ]; then
    if [ -z "$2" ]; then rmdir "$path" 2>>"$T/err"; else uproot "$path"; fi
  else
    rm -f "$path" 2>>"$T/err"
  fi && touched "$folder"
}

# Never into another file system that is mounted below, where this rm can tell.
uproot() {
  rm -rf --one-file-system "$1" 2>>"$T/err" && return
  [ ! -e "$1" ] && return
  case $(rm --help 2>&1) in *--one-file-system*) return 1 ;; esac
  true >"$T/err"
  rm -rf "$1" 2>>"$T/err"
}

# sysctl PATH VALUE: values are compared word by word, the kernel puts tabs between them.
op_sysctl() {
  path=$P$1 value=$2
  read_words "$path" || {
    echo "$1: no such kernel parameter" >"$T/err"
    return 1
  }
  recall "$words"
  begin || return 1
  was=$words
  spaced "$value"
  wanted=$words
  [ "$was" != "$wanted" ] || return 0
  printf '%s\n' "$value" 2>>"$T/err" >"$path" || return 1
  read_words "$path"
  [ "$words" = "$wanted" ] || {
    echo "$1 is '$words' after '$wanted' was written" >"$T/err"
    return 1
  }
}

# read_words FILE, spaced TEXT: into $words, one space between them.
read_words() {
  words=
  [ -e "$1" ] || return 1
  IFS= read -r words 2>/dev/null <"$1" || :
  spaced "$words"
}

spaced() {
  set -f
  set -- $1
  set +f
  words=$*
}

unit_state() {
  active=unknown enabled='' loaded='' result=''
  limited 20 systemctl show -p LoadState -p ActiveState -p UnitFileState -p Result -- "$1" \
    </dev/null >"$T/unit" 2>>"$T/err" 3>&- 4<&- || return 1
  while IFS= read -r property; do
    case $property in
      LoadState=*) loaded=${property#*=} ;;
      ActiveState=*) active=${property#*=} ;;
      UnitFileState=*) enabled=${property#*=} ;;
      Result=*) result=${property#*=} ;;
    esac
  done <"$T/unit"
  [ "$loaded" != not-found ] || active=unknown enabled=
}

# unit NAME ACTION
op_unit() {
  if [ "$2" = reload ]; then
    before=
    begin && control daemon-reload
    return
  fi
  unit_state "$1" || return 1
  recall "$active $enabled"
  begin || return 1
  case $2 in
    enable) control enable --now -- "$1" ;;
    disable)
      [ "$active" = unknown ] && [ -z "$enabled" ] && return
      control disable --now -- "$1"
      ;;
    *) control "$2" -- "$1" ;;
  esac || {
    code=$?
    [ "$code" != 124 ] || failing timeout
    limited 10 systemctl status --no-pager -l -n 20 -- "$1" >>"$T/err" 2>&1 </dev/null 3>&- 4<&-
    return 1
  }
  unit_state "$1"
  unit_fits "$2" && return
  echo "$1 is $active ($enabled) after systemctl $2" >>"$T/err"
  limited 10 systemctl status --no-pager -l -n 20 -- "$1" >>"$T/err" 2>&1 </dev/null 3>&- 4<&-
  return 1
}

# A oneshot that ran through is inactive with the result success.
unit_fits() {
  case $1.$active in
    enable.active | enable.activating | enable.reloading) ;;
    start.active | start.activating | start.reloading) ;;
    restart.active | restart.activating | restart.reloading) ;;
    enable.inactive | start.inactive | restart.inactive) [ "$result" = success ] || return 1 ;;
    stop.inactive | stop.failed | stop.unknown) ;;
    disable.inactive | disable.failed | disable.unknown) ;;
    *) return 1 ;;
  esac
  case $1.$enabled in
    enable.disabled | disable.enabled) return 1 ;;
  esac
}

control() { limited "$seconds" systemctl "$@" </dev/null >>"$T/err" 2>&1 3>&- 4<&-; }

# run ACCEPT ENVIRONMENTS NAME=VALUE… ARGUMENT…: exit codes that are fine, separated by spaces.
op_run() {
  accept=$1
  shift
  before=
  ! repeated || return 0
  [ -z "$why" ] || return 1
  input=/dev/null
  if [ "$bytes" -gt 0 ]; then
    input=$T/in
    (umask 077 && true >"$input")
    receive "$input" || return 1
  fi
  begin || return 1
  settle "$S/journal"
  launch "$@"
  code=$?
  [ "$input" = /dev/null ] || rm -f "$input"
  printf '%s\n' "$code" >"$T/code.$seq"
  case " $accept " in *" $code "*) return 0 ;; esac
  [ "$code" != 124 ] || failing timeout
  return 1
}

launch() {
  environments=$1
  shift
  [ "$environments" -eq 0 ] || set -- env "$@"
  (umask 077 && true >"$T/out.$seq")
  (cd / && limited "$seconds" "$@" <"$input" >"$T/out.$seq" 2>"$T/err" 3>&- 4<&-)
}

# image REFERENCE SHA256 SIZE KEEP URL NEAR NAME=VALUE…: the archive follows, or where there is a URL it is fetched.
op_image() {
  ! repeated || return 0
  reference=$1 digest=$2 keep=$4 url=$5 near=$6
  archive=$S/incoming/$digest
  [ -z "$url" ] || taken=1 bytes=$3
  before=absent
  ! imported "$reference" || before=present
  recall "$before"
  begin && (umask 077 && mkdir -p "$S/incoming") 2>>"$T/err" || return 1
  free=$(free_bytes "$S/incoming")
  [ "$free" -eq 0 ] || [ "$free" -gt "$bytes" ] || failing full "$bytes" "$free" || return 1
  shift 6
  if { [ -n "$url" ] && obtain "$@"; } || { [ -z "$url" ] && take_archive; }; then
    import_archive
  else
    explain
    false
  fi
  set -- $?
  # The program that downloads leaves it to root alone.
  [ "$1" != 0 ] || [ -z "$keep" ] || { chmod 644 "$archive" && pass_on "$archive" "$digest"; }
  rm -f "$archive"
  return "$1"
}

take_archive() {
  rm -f "$archive.part"
  receive "$archive" || return 1
  [ "$sum" = "$digest" ] || failing damaged
}

import_archive() {
  limited "$seconds" ctr -n k8s.io images import --local "$archive" </dev/null >>"$T/err" 2>&1 3>&- 4<&- || {
    code=$?
    [ "$code" != 124 ] || failing timeout
    return 1
  }
  imported "$reference" || { echo "the archive holds no image $reference" >>"$T/err" && false; }
}

imported() {
  [ "$(limited 20 ctr -n k8s.io images ls -q "name==$1" </dev/null 2>>"$T/err" 3>&- 4<&-)" = "$1" ]
}
