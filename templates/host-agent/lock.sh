# /var/lib/kubewright/lock: EPOCH BOOT EXPIRY SECONDS OWNER SINCE, tab-separated; EXPIRY and SINCE in seconds of this
# host's uptime, so that no other clock has a say. No OWNER, and no SINCE: nobody holds it. The epoch only ever grows.

uptime_now() {
  up=0
  read -r up _ 2>/dev/null <"$P/proc/uptime" || read -r up _ 2>/dev/null </proc/uptime || up=$(date +%s)
  up=${up%%.*}
}

boot_now() {
  boot=none
  read -r boot 2>/dev/null <"$P/proc/sys/kernel/random/boot_id" ||
    read -r boot 2>/dev/null </proc/sys/kernel/random/boot_id || boot=none
}

read_lock() {
  held_epoch=0 held_boot=- held_until=0 held_for=0 held_by='' held_since=''
  IFS=$tab read -r held_epoch held_boot held_until held_for held_by held_since 2>/dev/null <"$S/lock" || held_epoch=${held_epoch:-0}
}

# write_lock EPOCH SECONDS OWNER SINCE; `now` where it is taken, empty where it is given back.
write_lock() {
  uptime_now
  boot_now
  since=$4
  [ "$since" != now ] || since=$up
  (umask 077 && printf '%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$boot" $((up + $2)) "$2" "$3" "$since" >"$S/lock.new") 2>>"$T/err" &&
    mv "$S/lock.new" "$S/lock"
}

guard_lock() {
  command exec 8>>"$P/run/kubewright.lease" || return 1
  ! command -v flock >/dev/null 2>&1 || flock -w 10 8
}

# lock SECONDS EPOCH OWNER: takes it, or with an EPOCH renews that one and no other. OWNER escaped.
lock() {
  workspace && guard_lock && prepare || {
    exec 8>&-
    lock_failed
    return
  }
  # A run that finds nothing to do here sends no batch.
  sweep
  [ -n "$2" ] || sweep_archives
  read_lock
  uptime_now
  boot_now
  stale=
  [ "$held_boot" = "$boot" ] || stale=reboot
  [ -n "$stale" ] || [ "$held_until" -gt "$up" ] || stale=expired
  if [ -n "$held_by" ] && [ "$held_epoch" = "$2" ]; then
    answer="got $2 renewed" && write_lock "$2" "$1" "$3" "$held_since"
  elif [ -n "$2" ]; then
    answer="lost $held_epoch"
  elif [ -n "$held_by" ] && [ -z "$stale" ]; then
    answer="held $((held_until - up)) $held_epoch $((up - ${held_since:-$up}))"
  else
    [ -n "$held_by" ] || stale=free
    answer="got $((held_epoch + 1)) $stale" && write_lock $((held_epoch + 1)) "$1" "$3" now
  fi || answer=failed
  exec 8>&-
  [ "$answer" != failed ] || {
    lock_failed
    return
  }
  open_body lock "$answer"
  printf %s "$held_by" >&3
  close_body
}

# Why the lock cannot be written, in the words of the system.
lock_failed() {
  open_body lock failed
  cat "$T/err" 2>/dev/null >&3
  close_body
}

# unlock EPOCH [forget]: forget takes away everything that this tool keeps on the host, the lock included. So it goes
# where the first run ever began nothing: a refused host stays as it was, and no older run has that epoch.
unlock() {
  if [ -d "$S" ] && workspace && guard_lock; then
    read_lock
    if [ "$held_epoch" != "$1" ]; then
      :
    elif [ "$2" = forget ]; then
      rm -rf "$S" "$P"/run/kubewright.lease "$P"/run/kubewright-*.flock "$P"/run/kubewright-*.flock.run
    elif [ "$1" = 1 ] && [ ! -s "$S/journal" ]; then
      rm -rf "$S"
    else
      write_lock "$1" 0 '' ''
    fi
    exec 8>&-
  fi
  frame unlocked
}

renew() {
  [ -n "$epoch" ] || return 0
  guard_lock || return 1
  read_lock
  [ "$held_epoch" != "$epoch" ] || [ -z "$held_by" ] || write_lock "$epoch" "$held_for" "$held_by" "$held_since"
  exec 8>&-
}

# Before every operation: is the lock still this run's? A long batch renews it on its way.
leased() {
  [ -n "$epoch" ] || return 0
  read_lock
  [ "$held_epoch" = "$epoch" ] && [ -n "$held_by" ] || failing lost "$held_epoch" || return 1
  uptime_now
  [ $(((held_until - up) * 2)) -gt "$held_for" ] || renew
}

# One batch a lane at a time on this host. A predecessor's command that is still running holds descriptor 9.
exclusive() {
  command -v flock >/dev/null 2>&1 || return 0
  mine=$P/run/kubewright-$lane.flock
  command exec 9>>"$mine" || return 1
  flock -n 9 || outlast 9 "$mine" || return 1
  printf '%s\n' "$run" >"$mine.run"
  [ -z "$ready" ] || return 0
  other=$P/run/kubewright-bulk.flock
  [ "$lane" = main ] || other=$P/run/kubewright-main.flock
  [ -e "$other" ] || return 0
  command exec 7>>"$other" || return 1
  free=1
  # A second chance: our other lane may have it and not have said so yet.
  flock -n 7 || foreign "$other" || flock -w 1 7 || foreign "$other" || outlast 7 "$other" || free=
  exec 7>&-
  [ -n "$free" ]
}

# Held by this very run's other lane: nothing to wait for.
foreign() {
  holder=
  read -r holder 2>/dev/null <"$1.run"
  [ "$holder" = "$run" ]
}

# outlast DESCRIPTOR FILE: waits; then, only with the host's lock in hand, ends what still runs.
outlast() {
  ! flock -w "$patience" "$1" || return 0
  [ -n "$epoch" ] && leased && ! foreign "$2" || return 1
  for signal in TERM KILL; do
    for held in /proc/[0-9]*/fd/9; do
      [ "$held" -ef "$2" ] || continue
      pid=${held#/proc/}
      pid=${pid%%/*}
      [ "$pid" = $$ ] || kill -s "$signal" "$pid" 2>/dev/null
    done
    ! flock -w 5 "$1" || return 0
  done
  return 1
}
