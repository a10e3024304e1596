package main

import (
	"fmt"
	"sync"
)

func wait(up, gate chan bool, x int, wg *sync.WaitGroup) int {
	up <- true
	<-gate
	wg.Done()
	return x
}

func main() {
	up, gate := make(chan bool, 1000), make(chan bool)
	var wg sync.WaitGroup
	for i := 0; i < 1_000_000; i++ {
		wg.Add(1)
		go wait(up, gate, i, &wg)
	}
	for i := 0; i < 1_000_000; i++ {
		<-up
	}
	close(gate)
	wg.Wait()
	fmt.Println("done")
}
