//go:build tools

// Package tools pins the version of Consul that Holdfast builds.
package tools

import _ "github.com/hashicorp/consul"
