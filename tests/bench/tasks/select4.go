package main

import "fmt"

func main() {
	var chs [4]chan int
	for k := range chs {
		chs[k] = make(chan int)
		go func(ch chan int) {
			for i := 0; i < 500_000; i++ {
				ch <- i
			}
		}(chs[k])
	}
	sum := 0
	for i := 0; i < 2_000_000; i++ {
		select {
		case v := <-chs[0]:
			sum += v
		case v := <-chs[1]:
			sum += v
		case v := <-chs[2]:
			sum += v
		case v := <-chs[3]:
			sum += v
		}
	}
	fmt.Println(sum)
}
