package main

import (
	"fmt"
	"sync"
)

func wait(ch chan bool, x int, wg *sync.WaitGroup) int {
	<-ch
	wg.Done()
	return x
}

func main() {
	gate := make(chan bool)
	var wg sync.WaitGroup
	for i := 0; i < 1_000_000; i++ {
		wg.Add(1)
		go wait(gate, i, &wg)
	}
	close(gate)
	wg.Wait()
	fmt.Println("done")
}
