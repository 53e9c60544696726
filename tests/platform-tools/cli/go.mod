// The platform's own command line. Its sums are those of its own go.sum.
module platform-tools

go 1.25.11

require github.com/blaxel-ai/toolkit v0.1.108
