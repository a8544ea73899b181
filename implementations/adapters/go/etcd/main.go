// The Mutex of etcd's clientv3/concurrency as Holdfast tests it: a session for each lease, as in the library's own example,
// where each contender has one.
//
// Its documentation: a session is "a lease kept alive for the lifetime of a client", and its Done "closes when the lease is
// orphaned, expires, or is otherwise no longer being refreshed". etcd's own: a lock by a lease alone does not guard a
// resource from who believes too long; the revision does.
package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strconv"

	"holdfast"

	clientv3 "go.etcd.io/etcd/client/v3"
	"go.etcd.io/etcd/client/v3/concurrency"
	"go.uber.org/zap"
)

var client *clientv3.Client

type held struct {
	session *concurrency.Session
	mutex   *concurrency.Mutex
	over    chan struct{}
}

func connect(hello holdfast.Request) (err error) {
	config := clientv3.Config{Logger: zap.NewNop()}
	for _, server := range hello.Endpoints {
		config.Endpoints = append(config.Endpoints, fmt.Sprintf("%s:%d", server.Host, server.Port))
		config.Username, config.Password = server.Username, server.Password
	}
	client, err = clientv3.New(config)
	return err
}

func acquire(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	seconds := int(math.Ceil(ask.LeaseMs / 1000))
	if ask.WaitMs > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, holdfast.Duration(ask.WaitMs))
		defer cancel()
	}
	// What NewSession does by itself, with an end.
	granted, err := client.Grant(ctx, int64(seconds))
	if err != nil {
		return holdfast.Answer{}, refusal(ctx, err)
	}
	session, err := concurrency.NewSession(client, concurrency.WithLease(granted.ID), concurrency.WithTTL(seconds))
	if err != nil {
		return holdfast.Answer{}, err
	}
	mutex := concurrency.NewMutex(session, ask.Key)
	if ask.WaitMs == 0 {
		err = mutex.TryLock(ctx)
	} else {
		err = mutex.Lock(ctx)
	}
	if err != nil {
		go session.Close()
		return holdfast.Answer{}, refusal(ctx, err)
	}
	lock := held{session, mutex, make(chan struct{})}
	go lock.watch(ask.Lease)
	fence := strconv.FormatInt(mutex.Header().Revision, 10)
	return holdfast.Answer{Handle: lock, LeaseMs: float64(granted.TTL) * 1000, Fence: fence}, nil
}

func refusal(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, concurrency.ErrLocked):
		return holdfast.Refused{Code: "busy", Outcome: "definite", Message: err.Error()}
	case errors.Is(ctx.Err(), context.DeadlineExceeded):
		return holdfast.Refused{Code: "timeout", Outcome: "unknown", Message: err.Error()}
	case ctx.Err() != nil:
		return holdfast.Refused{Code: "aborted", Outcome: "unknown", Message: err.Error()}
	default:
		return err
	}
}

func (h held) watch(lease string) {
	select {
	case <-h.session.Done():
		holdfast.Lost(lease, "connection")
	case <-h.over:
	}
}

// release says "done": Unlock deletes its key, and does not tell whether it was there.
func release(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	lock := ask.Handle.(held)
	close(lock.over)
	err := lock.mutex.Unlock(ctx)
	go lock.session.Close()
	return holdfast.Answer{Outcome: "done"}, err
}

func stillHeld(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	answer, err := client.Txn(ctx).If(ask.Handle.(held).mutex.IsOwner()).Commit()
	if err != nil {
		return holdfast.Answer{}, err
	}
	return holdfast.Answer{Held: answer.Succeeded}, nil
}

func main() {
	holdfast.Serve(holdfast.Subject{
		Name: "etcd concurrency", Version: "3.7.3", Owner: "lease",
		Features: []string{"abort", "fence", "held", "lost"},
		Connect:  connect, Acquire: acquire, Release: release, Held: stillHeld,
	})
}
