"""Sends an item, a location and an order line to Crossdock, and reads the line back. README.md says how to run it."""
import grpc
from crossdock.demand.v1 import demand_line_pb2, record_service_pb2 as demand, record_service_pb2_grpc as demand_grpc
from crossdock.masterdata.v1 import item_pb2, location_pb2, record_service_pb2 as masters, record_service_pb2_grpc as masters_grpc
from crossdock.type.v1.record_pb2 import Envelope, RecordKey, Version
from crossdock.type.v1.value_pb2 import Date, Quantity

# A connection of the policy. Over TLS it proves who it is: ("authorization", "Bearer cdk_…"), or a client certificate of the channel.
ME = [("crossdock-connection", "erp")]
first = Version(primary=1)
channel = grpc.insecure_channel("127.0.0.1:7400")

item = item_pb2.Item(item_id="LAMP-1", description="Table lamp", base_unit="EA")
place = location_pb2.Location(location_id="DC-1", kind="LOCATION_KIND_WAREHOUSE", time_zone="Europe/London")
sent = [masters.Record(envelope=Envelope(version=first), item=item), masters.Record(envelope=Envelope(version=first), location=place)]
print(masters_grpc.RecordServiceStub(channel).IngestBatch(masters.IngestBatchRequest(records=sent), metadata=ME))

orders = demand_grpc.RecordServiceStub(channel)
line = demand_line_pb2.DemandLine(item_id="LAMP-1", location_id="DC-1", quantity=Quantity(value="3"), ordered_date=Date(year=2026, month=11, day=24))
sent = [demand.Record(envelope=Envelope(document="SO-2", line="10", version=first), demand_line=line)]
print(orders.IngestBatch(demand.IngestBatchRequest(records=sent), metadata=ME))
print(orders.BatchGet(demand.BatchGetRequest(keys=[RecordKey(kind="demand_line", key="erp/SO-2/10")]), metadata=ME))
