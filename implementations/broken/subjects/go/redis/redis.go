package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"strings"
	"time"
)

const patience = time.Second

// Redis speaks just enough of Redis's protocol for a specimen: connections that are idle are kept, those in trouble are not.
type Redis struct {
	address string
	idle    chan *connection
}

type connection struct {
	net.Conn
	in *bufio.Reader
}

func dial(address string) *Redis { return &Redis{address, make(chan *connection, 64)} }

// Ask answers with a text, "" for nil, integers too.
func (r *Redis) Ask(words ...string) (string, error) {
	var c *connection
	select {
	case c = <-r.idle:
	default:
		plain, err := net.DialTimeout("tcp", r.address, patience)
		if err != nil {
			return "", err
		}
		c = &connection{plain, bufio.NewReader(plain)}
	}
	answer, err := c.ask(words)
	if err != nil {
		_ = c.Close()
		return "", err
	}
	select {
	case r.idle <- c:
	default:
		_ = c.Close()
	}
	return answer, nil
}

func (c *connection) ask(words []string) (string, error) {
	_ = c.SetDeadline(time.Now().Add(patience))
	var request strings.Builder
	fmt.Fprintf(&request, "*%d\r\n", len(words))
	for _, word := range words {
		fmt.Fprintf(&request, "$%d\r\n%s\r\n", len(word), word)
	}
	if _, err := io.WriteString(c, request.String()); err != nil {
		return "", err
	}
	line, err := c.in.ReadString('\n')
	if err != nil {
		return "", err
	}
	kind, rest := line[0], strings.TrimRight(line[1:], "\r\n")
	if kind == '-' {
		return "", errors.New(rest)
	}
	if kind != '$' || rest == "-1" {
		return strings.TrimPrefix(rest, "-1"), nil
	}
	length, _ := strconv.Atoi(rest)
	body := make([]byte, length+2)
	_, err = io.ReadFull(c.in, body)
	return string(body[:length]), err
}
