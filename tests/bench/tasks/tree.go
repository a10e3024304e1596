package main

import "fmt"

func grow(depth int) int {
	if depth == 0 {
		return 1
	}
	a, b := make(chan int, 1), make(chan int, 1)
	go func() { a <- grow(depth - 1) }()
	go func() { b <- grow(depth - 1) }()
	return <-a + <-b
}

func main() { fmt.Println(grow(20)) }
