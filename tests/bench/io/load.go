// load: N connections. `echo`: each sends 64 bytes and waits for them, for S seconds; prints the round trips. `idle`: opens them, sends one
// request of HTTP over each, and holds them until stdin ends.
package main

import (
	"fmt"
	"io"
	"net"
	"os"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

func main() {
	mode, addr := os.Args[1], "127.0.0.1:"+os.Args[2]
	n, _ := strconv.Atoi(os.Args[3])
	if mode == "idle" {
		conns := []net.Conn{}
		answer := make([]byte, 4096)
		for i := 0; i < n; i++ {
			c, err := net.Dial("tcp", addr)
			if err != nil {
				fmt.Println(i, err)
				break
			}
			c.Write([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\n"))
			c.Read(answer)
			conns = append(conns, c)
		}
		fmt.Println(len(conns))
		io.ReadAll(os.Stdin)
		return
	}
	seconds, _ := strconv.Atoi(os.Args[4])
	var trips int64
	var all sync.WaitGroup
	stop := time.Now().Add(time.Duration(seconds) * time.Second)
	for i := 0; i < n; i++ {
		all.Add(1)
		go func() {
			defer all.Done()
			c, err := net.Dial("tcp", addr)
			if err != nil {
				return
			}
			b := make([]byte, 64)
			for time.Now().Before(stop) {
				c.Write(b)
				if _, err := io.ReadFull(c, b); err != nil {
					return
				}
				atomic.AddInt64(&trips, 1)
			}
		}()
	}
	all.Wait()
	fmt.Println(trips)
}
