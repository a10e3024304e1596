// json.go: encoding/json reads a document to values and writes it back: beside json.jan. SPDX-License-Identifier: Apache-2.0
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"time"
)

func main() {
	t, _ := os.ReadFile(os.Args[1])
	a := time.Now()
	var v interface{}
	if e := json.Unmarshal(t, &v); e != nil {
		panic(e)
	}
	b := time.Now()
	o, _ := json.Marshal(v)
	c := time.Now()
	mb := float64(len(t)) / 1e6
	fmt.Printf("parse %.0f MB/s, write %.0f MB/s, %d bytes\n", mb/b.Sub(a).Seconds(), float64(len(o))/1e6/c.Sub(b).Seconds(), len(o))
}
