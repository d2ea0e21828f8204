# The journal: /var/lib/kubewright/journal, one record a line, tab-separated, `\`, tab and newline escaped:
#   begin RUN ID KIND TARGET BEFORE UNDO
#   done RUN ID EXIT
# BEFORE is always what was there before this tool first touched the target: kept/MARK.* remembers it, MARK being
# a hash of the target that the other side computes.

# escape TEXT: into $escaped, without a fork.
escape() {
  rest=$1 escaped=
  while :; do
    case $rest in
      *[\\"$tab$nl"]*) ;;
      *) break ;;
    esac
    head=${rest%%[\\"$tab$nl"]*}
    rest=${rest#"$head"}
    case $rest in
      \\*) escaped=$escaped$head'\\' ;;
      "$tab"*) escaped=$escaped$head'\t' ;;
      *) escaped=$escaped$head'\n' ;;
    esac
    rest=${rest#?}
  done
  escaped=$escaped$rest
}

record() {
  line=$1
  shift
  for field; do line=$line$tab$field; done
  printf '%s\n' "$line" 2>>"$T/err" >>"$S/journal"
}

begin() {
  escape "$before"
  record begin "$run" "$id" "$kind" "$target" "$escaped" "$undo"
}

# remember PATH: sets $before; the first time a copy is kept (0600, its mode and owner in its name).
remember() {
  fresh=
  path=$1
  set -- "$S/kept/$mark".*
  if [ -e "$1" ] || [ -L "$1" ]; then
    before=${1#"$P"}
    case $1 in *.absent) before=absent ;; *.directory) before=directory ;; esac
  elif [ -L "$path" ]; then
    cp -P "$path" "$S/kept/$mark.link" 2>>"$T/err" || return 1
    before=${S#"$P"}/kept/$mark.link
  elif [ -d "$path" ]; then
    before=directory
    true 2>>"$T/err" >"$S/kept/$mark.directory"
  elif [ -e "$path" ]; then
    fresh=$S/kept/$mark.$(stat -c %a.%u.%g "$path") || return 1
    # Under its own name only once it is whole: a torn copy must not pass for the original.
    torn=$S/kept/incomplete-$lane
    (umask 077 && cp "$path" "$torn" && settle "$torn" && mv "$torn" "$fresh") 2>>"$T/err" || {
      rm -f "$torn"
      return 1
    }
    before=${fresh#"$P"}
  else
    before=absent
    true 2>>"$T/err" >"$S/kept/$mark.absent"
  fi
}

# recall NOW: the same for values (sysctl, unit state) rather than files.
recall() {
  if [ -e "$S/kept/$mark.value" ]; then
    IFS= read -r before <"$S/kept/$mark.value"
  else
    before=$1
    printf '%s\n' "$before" 2>>"$T/err" >"$S/kept/$mark.value"
  fi
}

# parents FOLDER: made 0755 where missing, each in the journal.
parents() {
  [ ! -d "${1:-/}" ] || return 0
  parents "${1%/*}" || return 1
  made=$((made + 1))
  escape "${1#"$P"}"
  record begin "$run" "$id^$made" mkdir "$escaped" absent '' || return 1
  # The other lane may have been faster.
  mkdir "$1" 2>>"$T/err" || [ -d "$1" ] || return 1
  record 'done' "$run" "$id^$made" 0
  touched "${1%/*}"
}

# Folders whose entries changed; they are flushed together at the end of the batch.
touched() {
  case $1 in
    *[!A-Za-z0-9_./-]*) settle "$1" ;;
    *) case " $folders " in *" $1 "*) ;; *) folders="$folders ${1:-/}" ;; esac ;;
  esac
}
