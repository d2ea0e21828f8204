# Ends the sharing of artifacts on this host: of the runs with these TOKENs, or, as the timer calls it, of all. What
# serves them goes when no other run shares here.
share=@folder@ scripts=@scripts@ units=@units@
[ $# -gt 0 ] || set -- "$share"/*
for token; do rm -rf "$share/${token##*/}"; done
rmdir "$share" 2>/dev/null || [ ! -d "$share" ] || exit 0
for unit in kubewright-share.socket kubewright-share-end.timer 'kubewright-share@*.service'; do
  systemctl stop "$unit" 2>/dev/null
done
rm -rf "$scripts" "$units"/kubewright-share.socket "$units"/kubewright-share@.service \
  "$units"/kubewright-share-end.timer "$units"/kubewright-share-end.service
systemctl daemon-reload
