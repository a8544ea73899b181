// Package holdfast speaks Holdfast's protocol, version 1, for a lock in Go: docs/protocol.md. A subject is a Subject with the
// calls into the library, and holdfast.Serve(subject) in main. All calls of one lease are made one after another, those of
// different leases at once. Nothing here computes a deadline, a renewal or a token.
package holdfast

import (
	"context"
	"time"
)

// Request is what the worker asks. WaitMs 0: one attempt. Mode: exclusive or shared. Handle: that of the grant of its lease.
type Request struct {
	ID, Of                                       int
	Cmd, Lease, Key, Mode, Owner, Prefix, Folder string
	LeaseMs, WaitMs                              float64
	Renew                                        bool
	Endpoints                                    []struct {
		Host, Username, Password string
		Port                     int
	}
	Options map[string]any
	Handle  any
	ctx     context.Context
}

// Answer is what the library has said. A grant has DeadlineNs if it states a moment, Deadline "documented" if it names a
// length and no moment, neither if its lock has no end. Outcome, of a release: released, done or unknown.
type Answer struct {
	Handle     any     `json:"-"`
	DeadlineNs string  `json:"deadlineNs,omitempty"` // by Moment
	Deadline   string  `json:"deadline,omitempty"`
	LeaseMs    float64 `json:"leaseMs,omitempty"` // as long as it really is
	Fence      string  `json:"fence,omitempty"`
	Held       bool    `json:"held,omitempty"`
	Outcome    string  `json:"outcome,omitempty"`
}

// Call ends early with its context, when the wait is given up.
type Call func(context.Context, Request) (Answer, error)

// Subject is a lock under test. Owner, by which the library tells holders apart: lease, thread, session or process.
type Subject struct {
	Name, Version, Owner           string
	Features                       []string
	Connect                        func(hello Request) error
	Acquire, Release, Extend, Held Call
}

// Refused is an error whose Code is busy, timeout, aborted, unavailable or invalid-key, and whose Outcome is definite only if
// certainly nothing was taken, else unknown. What any other error has come to nobody knows.
type Refused struct{ Code, Outcome, Message string }

func (r Refused) Error() string { return r.Code + " " + r.Message }

// ErrLost says that the lease had ended before the call.
var ErrLost = Refused{"unavailable", "lost", "the lease had ended"}

// Moment puts a time that the library states on the raw monotonic clock; it must carry a reading of Go's.
func Moment(t time.Time) string { return text(offset + int64(t.Sub(epoch))) }

// Lost tells of a loss that the library tells of by itself; reason: deadline, mismatch or connection.
func Lost(lease, reason string) {
	say(line{"event": "lost", "lease": lease, "t": text(now()), "reason": reason})
}

// Renewed tells of an extension that the library has made by itself.
func Renewed(lease string, end time.Time) {
	say(line{"event": "renewed", "lease": lease, "t": text(now()), "deadlineNs": Moment(end)})
}

// Duration puts the milliseconds of a request as Go has them.
func Duration(ms float64) time.Duration { return time.Duration(ms * float64(time.Millisecond)) }
