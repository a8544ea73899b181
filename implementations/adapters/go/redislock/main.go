// bsm/redislock as Holdfast tests it: "Simplified distributed locking implementation using Redis", one server. It names how
// long a lock lasts (its ttl), and no moment; it extends nothing by itself.
package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"holdfast"

	"github.com/bsm/redislock"
	"github.com/redis/go-redis/v9"
)

// As in the example of its documentation.
const retryEvery = 100 * time.Millisecond

type lease struct {
	*redislock.Lock
	length time.Duration
}

var locker *redislock.Client

func connect(hello holdfast.Request) error {
	server := hello.Endpoints[0]
	locker = redislock.New(redis.NewClient(&redis.Options{
		Addr:     fmt.Sprintf("%s:%d", server.Host, server.Port),
		Username: server.Username,
		Password: server.Password,
	}))
	return nil
}

func acquire(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	length := holdfast.Duration(ask.LeaseMs)
	var options *redislock.Options
	if ask.WaitMs > 0 {
		options = &redislock.Options{RetryStrategy: redislock.LinearBackoff(retryEvery)}
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, holdfast.Duration(ask.WaitMs))
		defer cancel()
	}
	lock, err := locker.Obtain(ctx, ask.Key, length, options)
	switch {
	case err == nil:
		return holdfast.Answer{Handle: lease{lock, length}, Deadline: "documented", LeaseMs: ask.LeaseMs}, nil
	case errors.Is(err, redislock.ErrNotObtained):
		return holdfast.Answer{}, holdfast.Refused{Code: "busy", Outcome: "definite", Message: err.Error()}
	case errors.Is(err, context.DeadlineExceeded):
		return holdfast.Answer{}, holdfast.Refused{Code: "timeout", Outcome: "unknown", Message: err.Error()}
	case errors.Is(err, context.Canceled):
		return holdfast.Answer{}, holdfast.Refused{Code: "aborted", Outcome: "unknown", Message: err.Error()}
	default:
		return holdfast.Answer{}, err
	}
}

func release(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	err := ask.Handle.(lease).Release(ctx)
	if errors.Is(err, redislock.ErrLockNotHeld) {
		return holdfast.Answer{}, holdfast.ErrLost
	}
	return holdfast.Answer{Outcome: "released"}, err
}

func extend(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	lease := ask.Handle.(lease)
	err := lease.Refresh(ctx, lease.length, nil)
	if errors.Is(err, redislock.ErrNotObtained) {
		return holdfast.Answer{}, holdfast.ErrLost
	}
	return holdfast.Answer{}, err
}

func held(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	left, err := ask.Handle.(lease).TTL(ctx)
	return holdfast.Answer{Held: left > 0}, err
}

func main() {
	holdfast.Serve(holdfast.Subject{
		Name: "redislock", Version: "0.9.4", Owner: "lease", Features: []string{"abort", "extend", "held"},
		Connect: connect, Acquire: acquire, Release: release, Extend: extend, Held: held,
	})
}
