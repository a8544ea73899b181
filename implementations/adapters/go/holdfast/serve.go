package holdfast

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

type line = map[string]any

var (
	lanes, open   sync.Map // requests by lease; what gives them up by id
	writing       sync.Mutex
	out           = os.Stdout
	offset, epoch = origin()
)

func now() int64 {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_MONOTONIC, &t)
	return t.Nano()
}

// origin finds what the raw clock shows at a time of Go's, of some attempts by the one that nothing came between.
func origin() (offset int64, epoch time.Time) {
	for i, narrowest := 0, int64(1<<62); i < 100; i++ {
		before, at := now(), time.Now()
		if width := now() - before; width < narrowest {
			offset, epoch, narrowest = before, at, width
		}
	}
	return
}

func text(ns int64) string { return strconv.FormatInt(ns, 10) }

func say(said line) {
	bytes, _ := json.Marshal(said)
	writing.Lock()
	defer writing.Unlock()
	_, _ = out.Write(append(bytes, '\n'))
}

// lane makes the calls of one lease.
func lane(calls map[string]Call, requests chan Request) {
	var handle any
	for r := range requests {
		r.Handle = handle
		began := now()
		granted, err := calls[r.Cmd](r.ctx, r)
		said := line{"id": r.ID, "t": []string{text(began), text(now())}}
		fill(said, granted, err, r.Cmd)
		open.Delete(r.ID)
		over := r.Cmd == "release" || (r.Cmd == "acquire" && err != nil)
		if over {
			lanes.Delete(r.Lease)
		}
		say(said)
		if over {
			return
		}
		if r.Cmd == "acquire" {
			handle = granted.Handle
		}
	}
}

func fill(said line, granted Answer, err error, cmd string) {
	bytes, _ := json.Marshal(granted)
	_ = json.Unmarshal(bytes, &said)
	if cmd == "held" {
		said["held"] = granted.Held
	}
	said["ok"] = err == nil
	if err == nil {
		return
	}
	no := Refused{"unavailable", "unknown", err.Error()}
	_ = errors.As(err, &no)
	said["ok"] = cmd == "release" && no.Outcome == "lost"
	said["code"], said["outcome"], said["message"] = no.Code, no.Outcome, no.Message
}

// Serve answers until its input ends, and ends the process.
func Serve(s Subject) {
	os.Stdout = os.Stderr // a print is a log
	calls := map[string]Call{"acquire": s.Acquire, "release": s.Release, "extend": s.Extend, "held": s.Held}
	for in := bufio.NewReader(os.Stdin); ; {
		bytes, err := in.ReadBytes('\n')
		began, r, said := now(), Request{}, line{"ok": true}
		if err != nil || json.Unmarshal(bytes, &r) != nil || r.Cmd == "bye" {
			os.Exit(0)
		}
		switch r.Cmd {
		case "hello":
			if err := s.Connect(r); err != nil {
				panic(err)
			}
			said = line{"ok": true, "protocol": 1, "name": s.Name, "libraryVersion": s.Version, "features": s.Features,
				"owner": s.Owner, "language": runtime.Version(), "clock": "monotonic"}
		case "ping":
		case "abort":
			if giveUp, found := open.Load(r.Of); found {
				giveUp.(context.CancelFunc)()
			}
		case "acquire", "release", "extend", "held":
			r.ctx = context.Background()
			if r.Cmd == "acquire" {
				begin(calls, &r)
			}
			if requests, found := lanes.Load(r.Lease); found {
				requests.(chan Request) <- r
				continue
			}
			said = line{"ok": false, "code": "unavailable", "outcome": "definite", "message": "no such lease"}
		default:
			said = line{"ok": false, "code": "unsupported"}
		}
		said["id"], said["t"] = r.ID, []string{text(began), text(now())}
		say(said)
	}
}

func begin(calls map[string]Call, r *Request) {
	ctx, giveUp := context.WithCancel(r.ctx)
	r.ctx = ctx
	open.Store(r.ID, giveUp)
	requests := make(chan Request, 64)
	lanes.Store(r.Lease, requests)
	go lane(calls, requests)
}
