package main

import "google.golang.org/protobuf/encoding/protowire"

// The few messages that are needed, by the numbers of their fields in proto/: no generated code, and no copy of the contracts.

// packages by service: each has the same methods.
var packages = map[string]string{
	"governance":               "crossdock.governance.v1",
	"master-data":              "crossdock.masterdata.v1",
	"demand-signal":            "crossdock.demand.v1",
	"recommendation-writeback": "crossdock.writeback.v1",
	"execution-feedback":       "crossdock.execution.v1",
}

// anyKind that an ERP may read, by service.
var anyKind = map[string]string{
	"governance":               "exception",
	"master-data":              "item",
	"demand-signal":            "demand_line",
	"recommendation-writeback": "draft_order",
	"execution-feedback":       "supply_order",
}

const theItem, theLocation = "LOAD-ITEM", "LOAD-LOCATION"

func text(to []byte, number protowire.Number, value string) []byte {
	return protowire.AppendString(protowire.AppendTag(to, number, protowire.BytesType), value)
}

func message(to []byte, number protowire.Number, value []byte) []byte {
	return protowire.AppendBytes(protowire.AppendTag(to, number, protowire.BytesType), value)
}

func integer(to []byte, number protowire.Number, value uint64) []byte {
	return protowire.AppendVarint(protowire.AppendTag(to, number, protowire.VarintType), value)
}

// record of the kind with this number: an envelope, version 1, and what it says.
func record(document, line string, kind protowire.Number, says []byte) []byte {
	var envelope []byte
	if document != "" {
		envelope = text(text(envelope, 1, document), 2, line)
	}
	envelope = message(envelope, 3, integer(nil, 1, 1))
	return message(message(nil, 1, envelope), kind, says)
}

func item() []byte {
	return record("", "", 200, text(text(text(nil, 1, theItem), 2, "What the load is about"), 3, "EA"))
}

func location() []byte {
	return record("", "", 201, text(integer(text(nil, 1, theLocation), 3, 1), 9, "Europe/London"))
}

func demandLine(document, line string) []byte {
	says := text(text(nil, 1, theItem), 2, theLocation)
	says = message(says, 4, text(nil, 1, "1"))
	says = message(says, 5, integer(integer(integer(nil, 1, 2026), 2, 11), 3, 23))
	return record(document, line, 300, says)
}

// batch is an IngestBatchRequest.
func batch(records ...[]byte) []byte {
	var request []byte
	for _, record := range records {
		request = message(request, 2, record)
	}
	return request
}

// get is a BatchGetRequest.
func get(kind string, keys ...string) []byte {
	var request []byte
	for _, key := range keys {
		request = message(request, 1, text(text(nil, 1, kind), 2, key))
	}
	return request
}

// fields calls with each field of a message: its number, and its value as an integer or as bytes.
func fields(message []byte, each func(number protowire.Number, integer uint64, bytes []byte)) {
	for len(message) > 0 {
		number, kind, length := protowire.ConsumeTag(message)
		if length < 0 {
			return
		}
		message = message[length:]
		switch kind {
		case protowire.VarintType:
			value, length := protowire.ConsumeVarint(message)
			each(number, value, nil)
			message = message[max(length, 0):]
		case protowire.BytesType:
			value, length := protowire.ConsumeBytes(message)
			each(number, 0, value)
			message = message[max(length, 0):]
		default:
			return
		}
	}
}

// count of the records in a BatchGetResponse.
func count(answer []byte) (records int) {
	fields(answer, func(number protowire.Number, _ uint64, _ []byte) {
		if number == 1 {
			records++
		}
	})
	return records
}

type counts struct{ accepted, duplicate, superseded, parked, rejected int }

// outcomes in an IngestBatchResponse.
func outcomes(answer []byte) (got counts) {
	within := func(wanted protowire.Number, into func([]byte)) func(protowire.Number, uint64, []byte) {
		return func(number protowire.Number, _ uint64, bytes []byte) {
			if number == wanted {
				into(bytes)
			}
		}
	}
	fields(answer, within(1, func(result []byte) {
		fields(result, within(2, func(counts []byte) {
			fields(counts, func(number protowire.Number, value uint64, _ []byte) {
				if to := []*int{nil, &got.accepted, &got.duplicate, &got.superseded, &got.parked, &got.rejected}; number < 6 {
					*to[number] = int(value)
				}
			})
		}))
	}))
	return got
}
