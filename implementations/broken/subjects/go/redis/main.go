// Locks on one Redis server with a known mistake each; which, the first argument says. Without, the lock is right.
package main

import (
	"context"
	"crypto/rand"
	"fmt"
	"os"
	"sync/atomic"
	"time"

	"holdfast"
)

const (
	freeScript  = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('del', KEYS[1]) or 0"
	renewScript = "return redis.call('get', KEYS[1]) == ARGV[1] and redis.call('pexpire', KEYS[1], ARGV[2]) or 0"
	pollEvery   = 20 * time.Millisecond
	// What tutorials give a key, whatever lease is asked for.
	documentedMs = 30_000
)

var (
	redis   *Redis
	mistake string
)

type lease struct {
	key, token, id string
	length         time.Duration
	end            atomic.Int64
	stop           chan struct{}
	lost           atomic.Bool
}

func acquire(ctx context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	if mistake == "release-other-key" {
		ask.LeaseMs = documentedMs
	}
	mine := &lease{key: ask.Key, token: rand.Text(), id: ask.Lease, length: holdfast.Duration(ask.LeaseMs), stop: make(chan struct{})}
	for until := time.Now().Add(holdfast.Duration(ask.WaitMs)); ; time.Sleep(pollEvery) {
		began := time.Now()
		set, err := redis.Ask("SET", mine.key, mine.token, "NX", "PX", fmt.Sprint(int64(ask.LeaseMs)))
		switch {
		case err != nil:
			return holdfast.Answer{}, err
		case set == "OK":
			return mine.granted(ask, began.Add(mine.length))
		case ctx.Err() != nil:
			return holdfast.Answer{}, holdfast.Refused{Code: "aborted", Outcome: "definite"}
		case !time.Now().Before(until):
			return holdfast.Answer{}, holdfast.Refused{Code: "timeout", Outcome: "definite"}
		}
	}
}

func (l *lease) granted(ask holdfast.Request, end time.Time) (holdfast.Answer, error) {
	if !time.Now().Before(end) {
		return holdfast.Answer{}, holdfast.Refused{Code: "unavailable", Outcome: "unknown", Message: "granted too late"}
	}
	l.end.Store(end.UnixNano())
	if ask.Renew {
		go l.keep()
	}
	return holdfast.Answer{Handle: l, DeadlineNs: holdfast.Moment(end), LeaseMs: ask.LeaseMs}, nil
}

// keep renews the lease every third of it, until it is released, or known to be lost.
func (l *lease) keep() {
	for {
		select {
		case <-l.stop:
			return
		case <-time.After(l.length / 3):
		}
		end := time.Now().Add(l.length)
		renewed, err := redis.Ask("EVAL", renewScript, "1", l.key, l.token, fmt.Sprint(l.length.Milliseconds()))
		switch {
		case err == nil && renewed == "1":
			l.end.Store(end.UnixNano())
			holdfast.Renewed(l.id, end)
		case err == nil:
			l.lose("mismatch")
			return
		case mistake != "renewal-without-deadline" && time.Now().UnixNano() >= l.end.Load():
			l.lose("deadline")
			return
		}
	}
}

func (l *lease) lose(reason string) {
	if !l.lost.Swap(true) {
		holdfast.Lost(l.id, reason)
	}
}

func release(_ context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	mine := ask.Handle.(*lease)
	close(mine.stop)
	if mistake == "release-other-key" {
		_, err := redis.Ask("DEL", "lock:"+mine.key)
		return holdfast.Answer{Outcome: "done"}, err
	}
	freed, err := redis.Ask("EVAL", freeScript, "1", mine.key, mine.token)
	if err == nil && freed != "1" {
		return holdfast.Answer{}, holdfast.ErrLost
	}
	return holdfast.Answer{Outcome: "released"}, err
}

func held(_ context.Context, ask holdfast.Request) (holdfast.Answer, error) {
	mine := ask.Handle.(*lease)
	late := mistake != "renewal-without-deadline" && time.Now().UnixNano() >= mine.end.Load()
	return holdfast.Answer{Held: !mine.lost.Load() && !late}, nil
}

func main() {
	if len(os.Args) > 1 {
		mistake = os.Args[1]
	}
	features := []string{"abort", "held"}
	if mistake == "renewal-without-deadline" {
		features = append(features, "lost")
	}
	holdfast.Serve(holdfast.Subject{
		Name: "specimen", Owner: "lease", Features: features,
		Connect: func(hello holdfast.Request) error {
			redis = dial(fmt.Sprintf("%s:%d", hello.Endpoints[0].Host, hello.Endpoints[0].Port))
			return nil
		},
		Acquire: acquire, Release: release, Held: held,
	})
}
