// redsync's Mutex as Holdfast tests it: one pool for each server.
//
// Its documentation: "Redsync provides a Redis-based distributed mutual exclusion lock implementation"; of Until, "the time of
// validity of acquired lock"; of Unlock, "the status of unlock".
package main

import (
	"context"
	"errors"
	"fmt"
	"math"

	"holdfast"

	"github.com/go-redsync/redsync/v4"
	"github.com/go-redsync/redsync/v4/redis"
	"github.com/go-redsync/redsync/v4/redis/goredis/v9"
	goredis9 "github.com/redis/go-redis/v9"
)

var rs *redsync.Redsync

func connect(hello holdfast.Request) error {
	var pools []redis.Pool
	for _, server := range hello.Endpoints {
		pools = append(pools, goredis.NewPool(goredis9.NewClient(&goredis9.Options{
			Addr:     fmt.Sprintf("%s:%d", server.Host, server.Port),
			Username: server.Username,
			Password: server.Password,
		})))
	}
	rs = redsync.New(pools...)
	return nil
}

func acquire(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	length, wait := holdfast.Duration(ask.LeaseMs), holdfast.Duration(ask.WaitMs)
	// How long a wait may take is the context's to say; the library's own bound is 32 tries.
	mutex := rs.NewMutex(ask.Key, redsync.WithExpiry(length), redsync.WithTries(math.MaxInt))
	if wait == 0 {
		return granted(ask, mutex, mutex.TryLockContext(ctx))
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	return granted(ask, mutex, mutex.LockContext(ctx))
}

func granted(ask holdfast.Request, mutex *redsync.Mutex, err error) (holdfast.Answer, error) {
	var taken *redsync.ErrTaken
	switch {
	case err == nil:
		return holdfast.Answer{Handle: mutex, DeadlineNs: holdfast.Moment(mutex.Until()), LeaseMs: ask.LeaseMs}, nil
	case ask.WaitMs == 0 && errors.As(err, &taken):
		return holdfast.Answer{}, holdfast.Refused{Code: "busy", Outcome: "definite", Message: err.Error()}
	case errors.Is(err, redsync.ErrFailed) || errors.Is(err, context.DeadlineExceeded):
		// Of its last attempts it does not say how they ended.
		return holdfast.Answer{}, holdfast.Refused{Code: "timeout", Outcome: "unknown", Message: err.Error()}
	default:
		return holdfast.Answer{}, err
	}
}

func release(_ context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	released, err := ask.Handle.(*redsync.Mutex).Unlock()
	if errors.Is(err, redsync.ErrLockAlreadyExpired) && !released {
		return holdfast.Answer{}, holdfast.ErrLost
	}
	if !released {
		return holdfast.Answer{Outcome: "unknown"}, err
	}
	return holdfast.Answer{Outcome: "released"}, nil
}

func extend(_ context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	mutex := ask.Handle.(*redsync.Mutex)
	extended, err := mutex.Extend()
	var taken *redsync.ErrTaken
	if errors.As(err, &taken) {
		// So it calls a key that is not its own any more.
		return holdfast.Answer{}, holdfast.ErrLost
	}
	if !extended {
		return holdfast.Answer{}, fmt.Errorf("not extended: %w", err)
	}
	return holdfast.Answer{DeadlineNs: holdfast.Moment(mutex.Until())}, nil
}

func main() {
	holdfast.Serve(holdfast.Subject{
		Name: "redsync", Version: "4.18.1", Owner: "lease", Features: []string{"abort", "extend"},
		Connect: connect, Acquire: acquire, Release: release, Extend: extend,
	})
}
