"""The state store: no update is lost, whoever comes between."""

from __future__ import annotations

import json
import sys
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from shared.state import ATTEMPTS, Change, Contended, StateStore, Unreachable
from tests.lambda_.fakes import refusal
from tests.lambda_.state_table import TABLE, StateTable

NOW = 1_770_000_000
DAY = 86_400


class Clock:
    now = float(NOW)


@pytest.fixture
def table() -> StateTable:
    return StateTable()


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def store(table: StateTable, waits: list[float]) -> StateStore:
    return StateStore(table, TABLE, lambda: Clock.now, waits.append)


@pytest.fixture
def frequent_switches() -> Iterator[None]:
    """Threads change places so often that a read and its write are rarely undisturbed."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-5)
    yield
    sys.setswitchinterval(before)


def adding(name: str) -> Change[int]:
    """Adds a name to the list that is stored; the result is the list's length."""

    def change(body: bytes | None) -> tuple[bytes, int]:
        names = [*(json.loads(body) if body else []), name]
        return json.dumps(names).encode(), len(names)

    return change


def names(table: StateTable, key: str) -> list[str]:
    item = table.find(key)
    assert item
    found: list[str] = json.loads(zlib.decompress(item["body"]["B"]))
    return found


def rivalled(store: StateStore, table: StateTable, key: str, times: int) -> Change[int]:
    """A change between whose read and write another call comes first, `times` times."""
    left = [times]
    rival = StateStore(table, TABLE, lambda: Clock.now, lambda _: None)

    def change(body: bytes | None) -> tuple[bytes, int]:
        if left[0]:
            left[0] -= 1
            rival.update(key, DAY, adding("rival"))
        return adding("own")(body)

    return change


def test_a_body_is_stored_with_its_version_and_its_end(store: StateStore, table: StateTable) -> None:
    assert store.update("state#m#a", DAY, adding("x")) == 1
    assert store.update("state#m#a", DAY, adding("y")) == 2
    assert names(table, "state#m#a") == ["x", "y"]
    item = table.find("state#m#a")
    assert item
    assert (item["version"], item["expires_at"]) == ({"N": "2"}, {"N": str(NOW + DAY)})


def test_no_update_is_lost_among_many_threads(
    store: StateStore, table: StateTable, frequent_switches: None
) -> None:
    """Each call tries until it is stored, so whatever the order all names are there, each once."""

    def act(n: int) -> None:
        while True:
            try:
                store.update(f"state#m#{n % 3}", DAY, adding(str(n)))
                return
            except Contended:
                continue

    with ThreadPoolExecutor(12) as pool:
        list(pool.map(act, range(120)))
    stored = [name for key in range(3) for name in names(table, f"state#m#{key}")]
    assert sorted(stored, key=int) == [str(n) for n in range(120)]


def test_a_change_is_worked_out_again_on_what_a_rival_left(
    store: StateStore, table: StateTable, waits: list[float]
) -> None:
    assert store.update("k", DAY, rivalled(store, table, "k", 3)) == 4
    assert names(table, "k") == ["rival", "rival", "rival", "own"]
    assert len(waits) == 3
    assert all(0 < wait <= 0.25 for wait in waits)


def test_after_all_attempts_nothing_of_the_call_is_stored(store: StateStore, table: StateTable) -> None:
    with pytest.raises(Contended, match="1 of 1 keys after 8 attempts"):
        store.update("k", DAY, rivalled(store, table, "k", 10 * ATTEMPTS))
    assert set(names(table, "k")) == {"rival"}


def test_many_keys_are_read_and_stored_a_hundred_at_a_time(store: StateStore, table: StateTable) -> None:
    table.unprocessed = 30
    changes = {f"k{n}": adding(str(n)) for n in range(250)}
    assert store.update_all(changes, DAY) == dict.fromkeys(changes, 1)
    assert all(names(table, f"k{n}") == [str(n)] for n in range(250))
    assert table.operations().count("TransactWriteItems") == 3
    assert table.operations().count("BatchGetItem") == 4


def test_one_contended_key_of_many_costs_the_others_nothing(store: StateStore, table: StateTable) -> None:
    changes = {"a": adding("own"), "b": rivalled(store, table, "b", 1), "c": adding("own")}
    assert store.update_all(changes, DAY) == {"a": 1, "b": 2, "c": 1}
    assert (names(table, "a"), names(table, "b"), names(table, "c")) == (
        ["own"],
        ["rival", "own"],
        ["own"],
    )


def test_large_bodies_are_stored_in_several_transactions(
    store: StateStore, table: StateTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("shared.state.MAX_BYTES", 60)
    changes = {f"k{n}": adding(str(n)) for n in range(9)}
    assert store.update_all(changes, DAY) == dict.fromkeys(changes, 1)
    assert [each for each in table.operations() if each != "BatchGetItem"] == [
        "TransactWriteItems",
        "TransactWriteItems",
        "PutItem",
    ]


def test_a_body_that_stays_as_it_is_is_not_written(store: StateStore, table: StateTable) -> None:
    store.update("k", DAY, adding("x"))
    before = len(table.calls)
    assert store.update("k", DAY, lambda body: (body or b"", 7)) == 7
    assert table.operations()[before:] == ["BatchGetItem"]


def test_an_expired_body_is_gone_before_the_table_deletes_it(
    store: StateStore, table: StateTable, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.update("k", DAY, adding("old"))
    monkeypatch.setattr(Clock, "now", NOW + DAY)
    assert store.update("k", DAY, adding("new")) == 1
    assert names(table, "k") == ["new"]


def test_a_write_whose_answer_was_lost_is_not_made_twice(store: StateStore, table: StateTable) -> None:
    table.lost_answers = 1
    assert store.update("k", DAY, adding("x")) == 1
    assert names(table, "k") == ["x"]


@pytest.mark.parametrize(
    "failure",
    [
        refusal("BatchGetItem", "ResourceNotFoundException"),
        EndpointConnectionError(endpoint_url="http://table"),
        ConnectionResetError(),
    ],
    ids=lambda failure: type(failure).__name__,
)
@pytest.mark.parametrize("calls_before", [0, 1], ids=["read", "write"])
def test_a_table_out_of_reach_is_told(
    store: StateStore, table: StateTable, failure: Exception, calls_before: int
) -> None:
    def change(body: bytes | None) -> tuple[bytes, int]:
        if calls_before:
            table.failures.append(failure)
        return adding("x")(body)

    if not calls_before:
        table.failures.append(failure)
    with pytest.raises(Unreachable):
        store.update("k", DAY, change)
    assert table.items == {}


def test_a_transaction_refused_for_another_reason_is_no_contention(
    store: StateStore, table: StateTable
) -> None:
    reasons = [{"Code": "ConditionalCheckFailed"}, {"Code": "ValidationError"}]
    told: Any = {"Error": {"Code": "TransactionCanceledException"}, "CancellationReasons": reasons}

    def change(body: bytes | None) -> tuple[bytes, int]:
        table.failures = [ClientError(told, "TransactWriteItems")]
        return adding("x")(body)

    with pytest.raises(Unreachable, match="TransactionCanceledException"):
        store.update_all({"a": change, "b": adding("x")}, DAY)
