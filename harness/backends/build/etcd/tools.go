//go:build tools

// Package tools pins the version of etcd that Holdfast builds.
package tools

import _ "go.etcd.io/etcd/server/v3"
