package main

import "fmt"

func main() {
	a, b := make(chan int), make(chan int)
	go func() {
		for v := range a {
			b <- v + 1
		}
	}()
	sum := 0
	for i := 0; i < 3_000_000; i++ {
		a <- i
		sum += <-b
	}
	close(a)
	fmt.Println(sum)
}
