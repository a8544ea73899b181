# A lock on one Redis server by redis-cli: SET NX PX, and a release that looks whose the key is. Exit 2: nobody knows.
redis() { timeout 1 redis-cli -h "$HOST" -p "$PORT" "$@"; }
release="return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1]) or 0"
case "$1" in
acquire)
  set=$(redis SET "$2" "$3" NX PX "$4") || exit 2
  [ "$set" = OK ] || exit 1 ;;
release)
  deleted=$(redis EVAL "$release" 1 "$2" "$3") || exit 2
  [ "$deleted" = 1 ] || exit 1 ;;
esac
