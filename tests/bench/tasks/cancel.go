package main

import (
	"context"
	"fmt"
	"sync"
)

func wait(ctx context.Context, up, gate chan bool, wg *sync.WaitGroup) {
	defer wg.Done()
	up <- true
	select {
	case <-gate:
	case <-ctx.Done():
	}
}

func main() {
	up, gate := make(chan bool, 1000), make(chan bool)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	for i := 0; i < 100_000; i++ {
		wg.Add(1)
		go wait(ctx, up, gate, &wg)
	}
	for i := 0; i < 100_000; i++ {
		<-up
	}
	cancel()
	wg.Wait()
	fmt.Println("done")
}
