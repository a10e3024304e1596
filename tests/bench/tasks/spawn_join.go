package main

import "fmt"

func main() {
	sum := 0
	done := make(chan int, 1)
	for i := 0; i < 5_000_000; i++ {
		go func(x int) { done <- x + 1 }(i)
		sum += <-done
	}
	fmt.Println(sum)
}
