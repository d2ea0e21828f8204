# traces.sh make|take KIND MODE PATH…: `make` makes folders and files with that mode, parents first; `take` takes
# back, folders only where nothing is in them, and puts modes (KIND mode) back as they were.
verb=$1
shift
while [ $# -gt 0 ]; do
  case $verb.$1 in
    make.folder) mkdir -p "$3" && chmod "$2" "$3" || exit 1 ;;
    make.file) { [ -e "$3" ] || true >"$3"; } && chmod "$2" "$3" || exit 1 ;;
    take.folder) rmdir "$3" 2>/dev/null ;;
    take.file) rm -f "$3" ;;
    take.mode) [ ! -d "$3" ] || chmod "$2" "$3" ;;
  esac
  shift 3
done
exit 0
