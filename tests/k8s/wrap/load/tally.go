package main

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"google.golang.org/grpc/stats"
	"google.golang.org/grpc/status"
)

// result is the last line.
type result struct {
	Calls        int            `json:"calls"`
	PerSecond    float64        `json:"per_second"`
	Failed       int            `json:"failed"`
	ByCode       map[string]int `json:"by_code"`
	Messages     []string       `json:"messages"`
	SentAgain    int64          `json:"sent_again"`
	Acknowledged int            `json:"acknowledged"`
	Refused      int            `json:"refused"`
	Lost         int            `json:"lost"`
	Missing      int            `json:"missing"`
	P50          float64        `json:"p50_ms"`
	P99          float64        `json:"p99_ms"`
	Max          float64        `json:"max_ms"`
}

// tally counts calls and what became of them.
type tally struct {
	again atomic.Int64

	mutex  sync.Mutex
	began  time.Time
	times  []time.Duration
	result result
	// Who answered since it was told last, by service.
	answered map[string]map[string]bool
}

func newTally() *tally {
	return &tally{result: result{ByCode: map[string]int{}, Messages: []string{}}, answered: map[string]map[string]bool{}}
}

func (t *tally) add(service, method, by string, took time.Duration, err error) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	if t.began.IsZero() {
		t.began = time.Now()
	}
	t.times = append(t.times, took)
	if err == nil {
		if t.answered[service] == nil {
			t.answered[service] = map[string]bool{}
		}
		t.answered[service][by] = true
		if method == "IngestBatch" {
			t.result.Acknowledged++
		}
		return
	}
	t.result.Failed++
	code := status.Code(err).String()
	t.result.ByCode[code]++
	if t.result.ByCode[code] <= 3 {
		said := fmt.Sprintf("%s after %.1f s: %s.%s: %s", time.Now().UTC().Format("15:04:05.000"), took.Seconds(), service, method, err)
		t.result.Messages = append(t.result.Messages, said)
		fmt.Println(said)
	}
}

// refuse counts a write that was answered, and not with an acceptance.
func (t *tally) refuse(got counts) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.result.Acknowledged--
	t.result.Refused++
	if t.result.Refused <= 3 {
		fmt.Printf("a line was not accepted: %+v\n", got)
	}
}

// lose counts a read that did not find what was acknowledged.
func (t *tally) lose(key string) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	t.result.Lost++
	if t.result.Lost <= 3 {
		fmt.Printf("%s was acknowledged and is not there\n", key)
	}
}

func (t *tally) tell(since time.Duration) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	recent := t.times[max(0, len(t.times)-2500):]
	sorted := slices.Sorted(slices.Values(recent))
	by := []string{}
	for service, processes := range t.answered {
		by = append(by, fmt.Sprintf("%s %d", service, len(processes)))
	}
	slices.Sort(by)
	clear(t.answered)
	fmt.Printf("%3.0f s: %d calls, %d failed, %d sent again by gRPC, %d lines acknowledged; of the latest p50 %.1f ms, p99 %.1f ms; answered by %s\n",
		since.Seconds(), len(t.times), t.result.Failed, t.again.Load(), t.result.Acknowledged, percentile(sorted, 50), percentile(sorted, 99), strings.Join(by, ", "))
}

func (t *tally) sum() result {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	slices.Sort(t.times)
	r := t.result
	r.Calls, r.SentAgain = len(t.times), t.again.Load()
	r.PerSecond = float64(r.Calls) / time.Since(t.began).Seconds()
	r.P50, r.P99, r.Max = percentile(t.times, 50), percentile(t.times, 99), percentile(t.times, 100)
	return r
}

// percentile of sorted times, in milliseconds.
func percentile(sorted []time.Duration, percent int) float64 {
	if len(sorted) == 0 {
		return 0
	}
	return float64(sorted[(len(sorted)-1)*percent/100].Microseconds()) / 1000
}

// What gRPC tells of each attempt: some it makes again by itself.

func (t *tally) TagRPC(ctx context.Context, _ *stats.RPCTagInfo) context.Context { return ctx }

func (t *tally) HandleRPC(_ context.Context, told stats.RPCStats) {
	if begin, ok := told.(*stats.Begin); ok && begin.IsTransparentRetryAttempt {
		t.again.Add(1)
	}
}

func (t *tally) TagConn(ctx context.Context, _ *stats.ConnTagInfo) context.Context { return ctx }

func (t *tally) HandleConn(context.Context, stats.ConnStats) {}
