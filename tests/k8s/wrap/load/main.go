// load calls a running suite as a client of grpc-go would: round robin over the addresses of each service, so many calls a second whatever becomes of
// them, and no retries but those that gRPC makes by itself for calls that no server has seen. It writes demand lines, each under a key of its own,
// and reads; at the end it reads back every line that was acknowledged.
//
//	load -service demand-signal=dns:///crossdock-demand-signal-headless:7400 -service master-data=… -rate 500 -for 60s
//	load stop       ends the one that is process 1, in its container
//
// A target may also be a list of addresses: list:///127.0.0.1:7401,127.0.0.1:7402. SIGINT, SIGTERM or -for end it. A line every five seconds says how it
// goes, the last one is JSON. It fails if a call failed or a line is missing.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"sync"
	"syscall"
	"time"
)

type services map[string]*service

func (s services) String() string { return "" }

func (s services) Set(pair string) error {
	name, target, found := strings.Cut(pair, "=")
	if _, known := packages[name]; !found || !known {
		return fmt.Errorf("want NAME=TARGET with a service's name")
	}
	s[name] = &service{name: name, target: target}
	return nil
}

func main() {
	if len(os.Args) == 2 && os.Args[1] == "stop" {
		if err := syscall.Kill(1, syscall.SIGINT); err != nil {
			fail(err)
		}
		return
	}
	var (
		called      = services{}
		credentials credentials
	)
	flag.Var(called, "service", "NAME=TARGET; once for each service that is called; master-data and demand-signal have to be there")
	rate := flag.Int("rate", 500, "calls a second, over all services")
	last := flag.Duration("for", 0, "how long; 0 until a signal")
	writes := flag.Int("writes", 50, "percent of the calls that are writes")
	deadline := flag.Duration("deadline", 20*time.Second, "of each call")
	flag.StringVar(&credentials.connection, "connection", "erp", "who calls")
	flag.StringVar(&credentials.authorities, "authorities", "", "PEM file; without one it calls in plain text")
	flag.StringVar(&credentials.certificate, "certificate", "", "PEM file")
	flag.StringVar(&credentials.key, "certificate-key", "", "PEM file")
	flag.StringVar(&credentials.name, "server-name", "", "the name in the servers' certificate, where it is not that of the target")
	flag.Parse()

	ctx, cancel := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer cancel()
	if *last > 0 {
		ctx, cancel = context.WithTimeout(ctx, *last)
		defer cancel()
	}
	l := &load{services: called, rate: *rate, writes: *writes, deadline: *deadline, run: time.Now().UTC().Format("20060102T150405.000"), tally: newTally()}
	for _, service := range called {
		if err := service.dial(credentials, l.tally); err != nil {
			fail(err)
		}
	}
	if err := l.prepare(ctx); err != nil {
		fail(err)
	}
	l.play(ctx)
	result := l.tally.sum()
	result.Missing = l.missing()
	line, _ := json.Marshal(result)
	fmt.Println(string(line))
	if result.Failed+result.Refused+result.Lost+result.Missing > 0 {
		os.Exit(1)
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "load:", err)
	os.Exit(2)
}

// load is one run.
type load struct {
	services services
	rate     int
	writes   int
	deadline time.Duration
	run      string
	tally    *tally

	mutex        sync.Mutex
	acknowledged []string
}

// play calls at the given rate until the context ends, and waits for the answers.
func (l *load) play(ctx context.Context) {
	var (
		open  sync.WaitGroup
		began = time.Now()
		names []string
	)
	for name := range l.services {
		names = append(names, name)
	}
	told := time.NewTicker(5 * time.Second)
	defer told.Stop()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	for sent := 0; ctx.Err() == nil; {
		select {
		case <-told.C:
			l.tally.tell(time.Since(began))
		case <-ctx.Done():
		case <-tick.C:
		}
		// However late this comes: as many as are due by now.
		for due := int(time.Since(began).Seconds() * float64(l.rate)); sent < due && ctx.Err() == nil; sent++ {
			number := sent
			open.Go(func() {
				if number%100 < l.writes {
					l.write(number)
				} else {
					l.read(l.services[names[number%len(names)]])
				}
			})
		}
	}
	open.Wait()
	l.tally.tell(time.Since(began))
}
