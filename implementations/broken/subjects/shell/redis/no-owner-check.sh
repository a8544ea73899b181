# Release deletes the key, whoever has it.
redis() { timeout 1 redis-cli -h "$HOST" -p "$PORT" "$@"; }
case "$1" in
acquire)
  set=$(redis SET "$2" "$3" NX PX "$4") || exit 2
  [ "$set" = OK ] || exit 1 ;;
release)
  deleted=$(redis DEL "$2") || exit 2
  [ "$deleted" = 1 ] || exit 1 ;;
esac
