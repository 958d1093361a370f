"""Every topic has a task, every task a queue, every queue a worker."""

import ast
from pathlib import Path

from civicprobe.broker import QUEUES
from civicprobe.demo.run import parts
from civicprobe.outbox import TOPICS

ROOT = Path(__file__).parents[2]


def calls(name: str, *folders: str):
    for folder in folders:
        for path in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and ast.unparse(node.func) == name:
                    yield [ast.unparse(item) for item in node.args]


def test_every_topic_has_a_task_and_every_task_its_topic():
    topics = {args[0].strip("'\"") for args in calls("work", "workers") if len(args) == 1}
    assert topics == set(TOPICS)


def test_every_topic_is_written_somewhere_and_none_is_unknown():
    written = {args[1].strip("'\"") for args in calls("outbox.write", "civicprobe")}
    written |= {args[1].strip("'\"") for args in calls("write", "civicprobe/outbox.py") if args}
    assert written <= set(TOPICS)
    assert set(TOPICS) - written <= {"give_up"}, "give_up is written by the outbox itself"


def test_every_queue_has_a_worker():
    served = {
        queue
        for part in parts(8000)
        if "-Q" in part.argv
        for queue in part.argv[part.argv.index("-Q") + 1].split(",")
    }
    assert served == set(QUEUES)
    assert {route.queue for route in TOPICS.values()} <= served


def test_each_task_is_a_few_lines():
    for path in (ROOT / "workers").glob("*.py"):
        for node in ast.parse(path.read_text(encoding="utf-8")).body:
            if isinstance(node, ast.FunctionDef) and any(
                "work" in ast.unparse(d) for d in node.decorator_list
            ):
                assert (node.end_lineno or 0) - node.lineno <= 15, f"{path.name}: {node.name}"
