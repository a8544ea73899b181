// The Lock of Consul's Go client as Holdfast tests it, with its defaults: a session of its own, a lock-delay of 15 s, and no
// retries of the monitor.
//
// Its documentation: Lock "returns a channel that is closed if our lock is lost", "it is NOT safe to assume that the lock is
// held until Unlock()", "By default Consul sessions prefer liveness over safety and an application must be able to handle
// the lock being lost".
package main

import (
	"context"
	"fmt"
	"math"
	"time"

	"holdfast"

	"github.com/hashicorp/consul/api"
)

// One attempt, with time for its answer; to wait no time at all the library has no option.
const once = 100 * time.Millisecond

var client *api.Client

type held struct {
	lock *api.Lock
	over chan struct{}
}

func connect(hello holdfast.Request) (err error) {
	server := hello.Endpoints[0]
	config := api.DefaultConfig()
	config.Address, config.Token = fmt.Sprintf("%s:%d", server.Host, server.Port), server.Password
	client, err = api.NewClient(config)
	return err
}

func acquire(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	seconds := int(math.Ceil(ask.LeaseMs / 1000))
	wait := max(holdfast.Duration(ask.WaitMs), once)
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	lock, err := client.LockOpts(&api.LockOptions{
		Key:          ask.Key,
		SessionTTL:   fmt.Sprintf("%ds", seconds),
		LockTryOnce:  true,
		LockWaitTime: wait,
	})
	if err != nil {
		return holdfast.Answer{}, err
	}
	lost, err := lock.Lock(ctx.Done())
	if err != nil {
		return holdfast.Answer{}, err
	}
	if lost == nil {
		return holdfast.Answer{}, holdfast.Refused{Code: "timeout", Outcome: "definite", Message: "not granted in time"}
	}
	over := make(chan struct{})
	go func() {
		select {
		case <-lost:
			holdfast.Lost(ask.Lease, "connection")
		case <-over:
		}
	}()
	return holdfast.Answer{Handle: held{lock, over}, LeaseMs: float64(seconds) * 1000}, nil
}

// release says "done": Unlock does not tell whether the lock was still held.
func release(_ context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	handle := ask.Handle.(held)
	close(handle.over)
	return holdfast.Answer{Outcome: "done"}, handle.lock.Unlock()
}

func main() {
	holdfast.Serve(holdfast.Subject{
		Name: "consul api Lock", Version: "1.34.5", Owner: "lease", Features: []string{"lost"},
		Connect: connect, Acquire: acquire, Release: release,
	})
}
