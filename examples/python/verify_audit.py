"""Verifies an audit chain without Crossdock: crossdock list audit-entry --service governance --limit 0 --output json | python3 verify_audit.py"""
import base64, datetime, hashlib, json, sys

def varint(n):
    return bytes([n]) if n < 128 else bytes([n & 127 | 128]) + varint(n >> 7)

def field(number, content):  # length-delimited; nothing where there is nothing
    return varint(number << 3 | 2) + varint(len(content)) + content if content else b""

def number(number, value):
    return varint(number << 3) + varint(value) if value else b""

TEXTS = ["connection", "principal", "action", "kind", "key", "message", "rule", "policy_version", "seen"]
sequence, previous = 0, b""
for line in sys.stdin:
    e = json.loads(line)["audit_entry"]
    second, _, fraction = e["time"].rstrip("Z").partition(".")
    seconds = int(datetime.datetime.fromisoformat(second + "+00:00").timestamp())
    time = number(1, seconds) + number(2, int(fraction.ljust(9, "0") or 0))
    values = sorted((k.encode(), v.encode()) for k, v in e.get("values", {}).items())
    body = number(1, int(e["sequence"])) + field(2, e["service"].encode()) + field(3, time)
    body += b"".join(field(4 + at, e.get(name, "").encode()) for at, name in enumerate(TEXTS))
    body += b"".join(field(13, field(1, k) + field(2, v)) for k, v in values) + field(14, previous)
    sequence, previous = sequence + 1, hashlib.sha256(body).digest()
    if int(e["sequence"]) != sequence or base64.b64decode(e["hash"]) != previous:
        sys.exit(f"entry {sequence} is not what was decided")
print(f"{sequence} entries, whole; the last has the hash {base64.b64encode(previous).decode()}")
