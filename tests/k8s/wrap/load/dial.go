package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"os"
	"strings"

	"google.golang.org/grpc"
	transport "google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	_ "google.golang.org/grpc/health"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/resolver"
	"google.golang.org/grpc/resolver/manual"
)

type credentials struct{ connection, authorities, certificate, key, name string }

func (c credentials) transport() (transport.TransportCredentials, error) {
	if c.authorities == "" {
		return insecure.NewCredentials(), nil
	}
	pem, err := os.ReadFile(c.authorities)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(pem)
	config := &tls.Config{RootCAs: pool, ServerName: c.name, MinVersion: tls.VersionTLS13}
	if c.certificate != "" {
		pair, err := tls.LoadX509KeyPair(c.certificate, c.key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return transport.NewTLS(config), nil
}

// service is one that is called.
type service struct {
	name       string
	target     string
	connection string
	channel    *grpc.ClientConn
}

func (s *service) dial(c credentials, t *tally) error {
	s.connection = c.connection
	secured, err := c.transport()
	if err != nil {
		return err
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(secured),
		grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}]}`),
		// What was sent and may have been taken is nobody's to send again; what no server has seen is sent again in any case.
		grpc.WithDisableRetry(),
		grpc.WithStatsHandler(t),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(bytesCodec{})),
	}
	if addresses, found := strings.CutPrefix(s.target, "list:///"); found {
		list := manual.NewBuilderWithScheme("list")
		var state resolver.State
		for _, address := range strings.Split(addresses, ",") {
			state.Endpoints = append(state.Endpoints, resolver.Endpoint{Addresses: []resolver.Address{{Addr: address}}})
		}
		list.InitialState(state)
		// A list is no name that a server could be called by; and nobody takes a process out of it that is not ready: gRPC asks for that itself.
		options = append(options, grpc.WithResolvers(list), grpc.WithAuthority("localhost"),
			grpc.WithDefaultServiceConfig(`{"loadBalancingConfig": [{"round_robin": {}}], "healthCheckConfig": {"serviceName": ""}}`))
	}
	s.channel, err = grpc.NewClient(s.target, options...)
	return err
}

// call gives the answer, and who gave it.
func (s *service) call(ctx context.Context, method string, request []byte) ([]byte, string, error) {
	var (
		answer []byte
		by     peer.Peer
	)
	ctx = metadata.AppendToOutgoingContext(ctx, "crossdock-connection", s.connection)
	err := s.channel.Invoke(ctx, "/"+packages[s.name]+".RecordService/"+method, &request, &answer, grpc.Peer(&by))
	if by.Addr == nil {
		return answer, "", err
	}
	return answer, by.Addr.String(), err
}

// bytesCodec sends and takes messages as they are on the wire.
type bytesCodec struct{}

func (bytesCodec) Name() string { return "proto" }

func (bytesCodec) Marshal(v any) ([]byte, error) { return *v.(*[]byte), nil }

func (bytesCodec) Unmarshal(data []byte, v any) error {
	into, ok := v.(*[]byte)
	if !ok {
		return fmt.Errorf("%T", v)
	}
	*into = append([]byte(nil), data...)
	return nil
}
