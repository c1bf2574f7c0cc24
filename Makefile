.DEFAULT_GOAL := help
.PHONY: help demo observe test k8s bench lint fuzz release

help: ## Says what there is
	@sed -n 's/^\([a-z]*\):.*## /  make \1	/p' Makefile

demo: ## Plays four weeks of a distributor, from its demand to the receipt of its goods, and compares the books; wants Rust and a C compiler
	cargo run --locked --release -p crossdock -- demo

observe: ## Plays the demo with its telemetry going to a collector, Jaeger and Prometheus, and says where to look; wants go and python3 too, and builds long once
	tests/observability/up.sh --build
	cargo build --locked --release -p crossdock
	tests/observability/observe

test: ## Runs every test on both engines, of the build that is shipped; installs PostgreSQL if there is none
	tests/install-postgres
	tests/with-postgres cargo test --workspace --locked --release

k8s: ## Tests chart, custom resources, operator and rolling upgrades on a real Kubernetes, which it builds once; as root; wants go and python3 too
	tests/install-postgres
	cargo build --locked --release -p crossdock
	tests/k8s/check

bench: ## Measures ingest on both engines against a bare insert of the same lines
	tests/install-postgres
	cargo build --locked --release -p crossdock
	tests/with-postgres cargo bench --locked -p crossdock-store --bench ingest

lint: ## Formatting, lints and the rooms of the services
	cargo fmt --all --check
	bash .ci/rooms
	cargo clippy --workspace --all-targets --locked -- -D warnings

fuzz: ## Feeds random bytes to everything that strangers can send, SECONDS=120 for each target; wants the nightly compiler; docs/fuzzing.md
	fuzz/run $(or $(SECONDS),120)

release: ## Builds dist/: the binary, its SBOM, what built it, checksums; the same bytes for everybody
	.ci/release
