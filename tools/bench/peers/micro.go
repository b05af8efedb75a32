// micro.go: goroutines, on one processor. CPU time is that of all threads, the garbage collector's too.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

const (
	seed     = 12345
	sleeping = 12 * time.Second // until a million goroutines have been started
	firstMs  = 500
	spreadMs = 1500
	gathered = 1000
)

var state uint32

func nextRandom() uint32 {
	state ^= state << 13
	state ^= state >> 17
	state ^= state << 5
	return state
}

func randomDelay() time.Duration {
	return time.Duration(firstMs+nextRandom()%spreadMs) * time.Millisecond
}

func cpu() float64 {
	var u syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return float64(u.Utime.Nano() + u.Stime.Nano())
}

func resident() float64 {
	text, _ := os.ReadFile("/proc/self/statm")
	var size, pages float64
	fmt.Sscan(string(text), &size, &pages)
	return pages * float64(os.Getpagesize())
}

func report(measure string, begin float64, operations int) {
	fmt.Printf("%s %.4f\n", measure, (cpu()-begin)/float64(operations))
}

func number(name string) int {
	n, _ := strconv.Atoi(name[strings.LastIndex(name, "-")+1:])
	return n
}

func resume(name string, n int) {
	count := number(name)
	each := n/count + 1
	var all sync.WaitGroup
	all.Add(count)
	begin := cpu()
	for i := 0; i < count; i++ {
		go func() {
			for k := 0; k < each; k++ {
				runtime.Gosched()
			}
			all.Done()
		}()
	}
	all.Wait()
	report(name, begin, each*count)
}

//go:noinline
func child(x int) int { return x + 1 }

func call(name string, n int) {
	x := 0
	begin := cpu()
	for i := 0; i < n; i++ {
		x = child(i)
	}
	report(name, begin, n)
	if x != n {
		panic(name)
	}
}

//go:noinline
func level(depth, n int) {
	if depth > 1 {
		level(depth-1, n)
		return
	}
	for i := 0; i < n; i++ {
		runtime.Gosched()
	}
}

func depth(name string, n int) {
	begin := cpu()
	done := make(chan struct{})
	go func() { level(number(name), n); close(done) }()
	<-done
	report(name, begin, n)
}

func createJoin(name string, n int) {
	done := make(chan struct{})
	begin := cpu()
	for i := 0; i < n; i++ {
		go func() { done <- struct{}{} }()
		<-done
	}
	report(name, begin, n)
}

func gather(name string, n int) {
	rounds := (n + gathered - 1) / gathered
	begin := cpu()
	for i := 0; i < rounds; i++ {
		var all sync.WaitGroup
		all.Add(gathered)
		for k := 0; k < gathered; k++ {
			go func() { all.Done() }()
		}
		all.Wait()
	}
	report(name, begin, rounds*gathered)
}

func queue(name string, n int) {
	items := make(chan int, number(name))
	begin := cpu()
	go func() {
		for i := 0; i < n; i++ {
			items <- i
		}
		close(items)
	}()
	sum := 0
	for i := range items {
		sum += i
	}
	report(name, begin, n)
	if sum != n*(n-1)/2 {
		panic(name)
	}
}

func pingPong(name string, n int) {
	there, back := make(chan int, 1), make(chan int, 1)
	begin := cpu()
	go func() {
		for i := range there {
			back <- i
		}
	}()
	for i := 0; i < n; i++ {
		there <- i
		<-back
	}
	report(name, begin, n)
	close(there)
}

func lock(name string, n int) {
	var mutex sync.Mutex
	var all sync.WaitGroup
	all.Add(2)
	begin := cpu()
	for i := 0; i < 2; i++ {
		go func() {
			for k := 0; k < n/2; k++ {
				mutex.Lock()
				runtime.Gosched()
				mutex.Unlock()
			}
			all.Done()
		}()
	}
	all.Wait()
	report(name, begin, n)
}

// The timers run as they become due, as a goroutine's thread cannot be blocked until they are.
func timers(name string, n int) {
	var fired int64
	all := make([]*time.Timer, n)
	start := func() {
		for i := range all {
			all[i] = time.AfterFunc(randomDelay(), func() { atomic.AddInt64(&fired, 1) })
		}
	}
	state = seed
	begin := cpu()
	start()
	report("timer-start", begin, n)
	begin = cpu()
	for atomic.LoadInt64(&fired) < int64(n) {
		time.Sleep(100 * time.Millisecond)
	}
	report("timer-fire", begin, n)
	start()
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	state = seed
	for i := n - 1; i > 0; i-- {
		k := int(nextRandom() % uint32(i+1))
		order[i], order[k] = order[k], order[i]
	}
	begin = cpu()
	for _, i := range order {
		all[i].Stop()
	}
	report("timer-cancel", begin, n)
}

func sleepMany(name string, n int) {
	duration := sleeping
	if n <= 100000 {
		duration /= 10
	}
	var all sync.WaitGroup
	all.Add(n)
	end := time.Now().Add(duration)
	bytes, begin := resident(), cpu()
	for i := 0; i < n; i++ {
		go func() { time.Sleep(time.Until(end)); all.Done() }()
	}
	runtime.Gosched()
	report("sleep-start", begin, n)
	fmt.Printf("sleep-bytes %.4f\n", (resident()-bytes)/float64(n))
	early := time.Now().Before(end)
	begin = cpu()
	all.Wait()
	if early { // or some were woken while others were started, on a machine that is busy
		report("sleep-wake", begin, n)
	}
}

func main() {
	workloads := []struct {
		name string
		run  func(string, int)
	}{
		{"resume-2", resume}, {"resume-1000", resume}, {"call", call},
		{"depth-1", depth}, {"depth-10", depth}, {"depth-100", depth}, {"depth-1000", depth},
		{"create-join", createJoin}, {"gather", gather}, {"ping-pong", pingPong}, {"queue-1", queue}, {"queue-100", queue},
		{"lock", lock}, {"timers", timers}, {"sleep", sleepMany},
	}
	runtime.GOMAXPROCS(1)
	for _, w := range workloads {
		if len(os.Args) < 2 {
			fmt.Println(w.name)
		} else if w.name == os.Args[1] {
			n, _ := strconv.Atoi(os.Args[2])
			w.run(w.name, n)
			return
		}
	}
	if len(os.Args) >= 2 {
		os.Exit(2)
	}
}
