"""An analyst's consumer: confluent-kafka and the registry's URL, nothing of ours."""

from confluent_kafka import Consumer
from confluent_kafka.schema_registry import SchemaRegistryClient
from confluent_kafka.schema_registry.avro import AvroDeserializer
from confluent_kafka.serialization import MessageField, SerializationContext

from deploy.local.stack import Stack
from judgestream import Client


def test_verdicts_are_read_from_the_beginning_by_an_ordinary_consumer(
    stack: Stack, ada: Client, sum_problem: str
) -> None:
    receipt = ada.submit(problem_id=sum_problem, language="python3", files={"a.py": b"print(42)"})
    assert ada.submission(receipt.submission_id, wait_s=30)["verdict"] == "WA"
    settings = stack.environment()
    registry = SchemaRegistryClient({"url": settings["JUDGESTREAM_REGISTRY_URL"]})
    decode = AvroDeserializer(registry)
    consumer = Consumer(
        {
            "bootstrap.servers": settings["JUDGESTREAM_KAFKA"],
            "group.id": f"analyst-{receipt.submission_id}",
            "auto.offset.reset": "earliest",
            "enable.auto.commit": False,
        }
    )
    consumer.subscribe(["verdicts"])
    try:
        for _ in range(10_000):
            message = consumer.poll(30)
            assert message is not None, "the verdict is not in the topic"
            event = decode(message.value(), SerializationContext("verdicts", MessageField.VALUE))
            if event["submission_id"] == receipt.submission_id:
                break
    finally:
        consumer.close()
        registry.close()
    assert event["verdict"] == "WA"
    assert event["user_id"] == "ada"
    assert event["problem_id"] == sum_problem
    assert event["cases"][0]["cpu_time_ms"] > 0
    assert event["provenance"]["image_digest"]
