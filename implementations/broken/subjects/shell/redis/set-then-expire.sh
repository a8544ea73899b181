# The key is set with one command and given its expiry with another: who dies in between leaves it for ever.
redis() { timeout 1 redis-cli -h "$HOST" -p "$PORT" "$@"; }
release="return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1]) or 0"
case "$1" in
acquire)
  set=$(redis SETNX "$2" "$3") || exit 2
  [ "$set" = 1 ] || exit 1
  # Drawn out, so that a fault falls into the gap.
  sleep 0.4
  redis PEXPIRE "$2" "$4" || exit 2 ;;
release)
  deleted=$(redis EVAL "$release" 1 "$2" "$3") || exit 2
  [ "$deleted" = 1 ] || exit 1 ;;
esac
