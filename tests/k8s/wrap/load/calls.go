package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"
)

// call makes one call that counts.
func (l *load) call(s *service, method string, request []byte) ([]byte, bool) {
	ctx, cancel := context.WithTimeout(context.Background(), l.deadline)
	defer cancel()
	began := time.Now()
	answer, by, err := s.call(ctx, method, request)
	l.tally.add(s.name, method, by, time.Since(began), err)
	return answer, err == nil
}

// prepare sends the item and the location of all lines, and waits until demand-signal has heard of them.
func (l *load) prepare(ctx context.Context) error {
	masters, demand := l.services["master-data"], l.services["demand-signal"]
	if masters == nil || demand == nil {
		return fmt.Errorf("-service master-data=… and -service demand-signal=… have to be there")
	}
	var last error
	for ; ctx.Err() == nil; time.Sleep(200 * time.Millisecond) {
		if last = l.ask(ctx, masters, "IngestBatch", batch(item(), location()), 2); last != nil {
			continue
		}
		if last = l.ask(ctx, demand, "IngestBatch", batch(demandLine(l.run, "ready")), 1); last == nil {
			return nil
		}
	}
	return fmt.Errorf("not ready: %w", last)
}

// ask is a call that does not count; `taken` records have to be accepted, or known already.
func (l *load) ask(ctx context.Context, s *service, method string, request []byte, taken int) error {
	ctx, cancel := context.WithTimeout(ctx, l.deadline)
	defer cancel()
	answer, _, err := s.call(ctx, method, request)
	if err != nil {
		return err
	}
	if got := outcomes(answer); got.accepted+got.duplicate != taken {
		return fmt.Errorf("%s answered %+v", s.name, got)
	}
	return nil
}

// write sends one demand line, and remembers it if it was acknowledged.
func (l *load) write(number int) {
	line := fmt.Sprint(number)
	answer, ok := l.call(l.services["demand-signal"], "IngestBatch", batch(demandLine(l.run, line)))
	if !ok {
		return
	}
	if got := outcomes(answer); got.accepted+got.duplicate != 1 {
		l.tally.refuse(got)
		return
	}
	l.mutex.Lock()
	l.acknowledged = append(l.acknowledged, "erp/"+l.run+"/"+line)
	l.mutex.Unlock()
}

// read asks for a record: of demand-signal one that was acknowledged before, so it has to be there; of others one that need not be.
func (l *load) read(s *service) {
	kind, key := anyKind[s.name], "absent"
	if s.name == "demand-signal" {
		l.mutex.Lock()
		if n := len(l.acknowledged); n > 0 {
			key = l.acknowledged[rand.IntN(n)]
		}
		l.mutex.Unlock()
	}
	answer, ok := l.call(s, "BatchGet", get(kind, key))
	if ok && s.name == "demand-signal" && key != "absent" && count(answer) != 1 {
		l.tally.lose(key)
	}
}

// missing reads back every acknowledged line, and says how many are not there.
func (l *load) missing() int {
	const page = 1000
	missing := 0
	for at := 0; at < len(l.acknowledged); at += page {
		keys := l.acknowledged[at:min(at+page, len(l.acknowledged))]
		var err error
		for range 60 {
			ctx, cancel := context.WithTimeout(context.Background(), l.deadline)
			var answer []byte
			answer, _, err = l.services["demand-signal"].call(ctx, "BatchGet", get("demand_line", keys...))
			cancel()
			if err == nil {
				missing += len(keys) - count(answer)
				break
			}
			time.Sleep(time.Second)
		}
		if err != nil {
			fail(fmt.Errorf("the ledger cannot be read: %w", err))
		}
	}
	return missing
}
