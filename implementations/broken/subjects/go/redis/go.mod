module specimen

go 1.26.0

require holdfast v0.0.0

require golang.org/x/sys v0.48.0 // indirect

replace holdfast => ../../../../adapters/go/holdfast
