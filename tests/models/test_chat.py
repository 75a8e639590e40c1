"""The client of an endpoint: faults that pass and faults that stay, the budget of tokens, the key that nobody sees."""

from __future__ import annotations

import json
import pickle
import threading
import traceback
from email.utils import formatdate
from typing import Any

import pytest

from models.stub_endpoint import Serve, message, one_set, reply, serve, serving
from neuraldb.core.errors import Cancelled, InterfaceError, ModelUnavailable
from neuraldb.models import chat
from neuraldb.models.chat import ChatClient, TokenBudget, is_local, retry_after
from neuraldb.models.endpoint import EndpointReader
from neuraldb.models.protocols import ReadRequest
from neuraldb.models.tally import Tally

__all__ = ["serve"]

SECRET = "sk-very-secret-4711"
REQUEST = ReadRequest("Who was born in Oslo?", ("Anna Berg was born in Oslo.",), "answer")


def anna(body: dict[str, Any], number: int) -> str:
    return reply([one_set(s["set"], (s["facts"][0]["text"].split()[0], None, 0.9)) for s in message(body)["sets"]])


# ------------------------------------------------------------------------------------------------------------- retries


@pytest.mark.parametrize("status", sorted(chat.PASSING))
def test_passing_faults_are_tried_again(serve: Serve, status: int) -> None:
    stub, reader = serve(lambda body, number: (status, {}) if number < 3 else anna(body, number))
    assert reader.read([REQUEST])[0].derivations
    assert stub.bodies[0] == stub.bodies[1] == stub.bodies[2]
    assert (reader.tally.calls, reader.tally.retries) == (3, 2)


def test_a_fault_that_stays_fails_the_statement(serve: Serve) -> None:
    stub, reader = serve(lambda body, number: (503, {"error": {"message": "the model is\nloading"}}), attempts=3)
    with pytest.raises(ModelUnavailable, match=r"answered 503: the model is loading, 3 times$"):
        reader.read([REQUEST])
    assert len(stub.bodies) == 3


@pytest.mark.parametrize("status", [400, 401, 403, 404, 413, 301])
def test_what_will_not_pass_is_not_tried_again(serve: Serve, status: int) -> None:
    stub, reader = serve(lambda body, number: (status, {"error": "no such model"}), body={"response_format": None})
    with pytest.raises(ModelUnavailable, match=str(status)):
        reader.read([REQUEST])
    assert len(stub.bodies) == 1


def test_the_first_error_ends_the_others(serve: Serve) -> None:
    stub, reader = serve(lambda body, number: (404, {}), batch=1, concurrency=2)
    with pytest.raises(ModelUnavailable):
        reader.read([ReadRequest("Who?", (f"P{i} was born.",), "answer") for i in range(50)])
    assert len(stub.bodies) < 50


def test_an_endpoint_says_how_long_to_wait(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "FIRST_WAIT", 3600.0)
    _, reader = serve(lambda body, number: (429, {}, {"Retry-After": "0"}) if number < 3 else anna(body, number))
    assert reader.read([REQUEST])[0].derivations


def test_waits_grow_and_have_an_end() -> None:
    client = ChatClient("http://localhost/v1", None, 1.0, 9, TokenBudget(None), Tally())
    waits = [client._wait(attempt, None) for attempt in range(1, 10)]
    assert all(chat.FIRST_WAIT * 2**i * 0.75 <= wait for i, wait in enumerate(waits[:5]))
    assert all(wait <= chat.LONGEST_WAIT for wait in waits)
    assert client._wait(1, "7") == 7.0
    assert client._wait(1, "1000000") == chat.LONGEST_WAIT


def test_dates_of_retry_after() -> None:
    assert retry_after(formatdate(0, usegmt=True)) == 0.0
    assert retry_after("Wed, nonsense") is None
    assert retry_after(None) is None


def test_nobody_there(serve: Serve) -> None:
    with serving(anna) as stub:
        gone = stub.url
    with pytest.raises(ModelUnavailable, match=r"cannot be reached: ConnectError, 2 times"):
        EndpointReader(gone, "small", attempts=2).read([REQUEST])


def test_no_request_takes_longer_than_allowed(serve: Serve) -> None:
    end = threading.Event()
    _, reader = serve(lambda body, number: (end.wait(20), anna(body, number))[1], timeout=0.2, attempts=1)
    try:
        with pytest.raises(ModelUnavailable, match=r"ReadTimeout, once|longer than 0.2 seconds"):
            reader.read([REQUEST])
    finally:
        end.set()


@pytest.mark.parametrize("content", [b"<html>log in</html>", {"choices": []}, {"error": "?"}, [], {"choices": [{}]}])
def test_what_is_no_completion_is_told_of(serve: Serve, content: Any) -> None:
    _, reader = serve(lambda body, number: (200, content))
    with pytest.raises(ModelUnavailable, match="no chat completion"):
        reader.read([REQUEST])


def test_a_refusal_without_text_is_unknown(serve: Serve) -> None:
    _, reader = serve(lambda body, number: (200, {"choices": [{"message": {"content": None}}]}))
    assert reader.read([REQUEST])[0].derivations == ()
    assert reader.tally.unreadable == 1


def test_a_reply_without_an_end_is_cut(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chat, "LARGEST", 1 << 20)
    _, reader = serve(lambda body, number: (200, b"x" * (2 << 20)))
    with pytest.raises(ModelUnavailable, match="more than 1 MB"):
        reader.read([REQUEST])


# -------------------------------------------------------------------------------------------------------------- budget


def test_the_request_that_may_exceed_the_budget_is_an_error(serve: Serve) -> None:
    stub, reader = serve(anna, token_budget=2500, concurrency=1)
    stub.usage = 1000
    for name in ("Anna", "Bo"):
        assert reader.read([ReadRequest("Who?", (f"{name} was born.",), "answer")])[0].derivations
    with pytest.raises(ModelUnavailable, match=r"used up: 500 of 2500 are left"):
        reader.read([ReadRequest("Who?", ("Cy was born.",), "answer")])
    assert len(stub.bodies) == 2
    assert reader.tally.tokens == 2000
    assert reader.read([ReadRequest("Who?", ("Bo was born.",), "answer")])[0].derivations  # known, so it costs nothing


@pytest.mark.parametrize("told", [None, -5000, True, "12"])
def test_failed_requests_cost_nothing_and_silent_endpoints_what_was_set_aside(serve: Serve, told: Any) -> None:
    stub, reader = serve(lambda body, number: (503, {}) if number < 4 else anna(body, number), token_budget=3000)
    stub.usage = told
    assert reader.read([REQUEST])[0].derivations
    sent = sum(len(each["content"].encode()) for each in stub.bodies[-1]["messages"])
    assert reader.tally.tokens == sent // 2 + 200


def test_threads_do_not_overdraw_a_budget() -> None:
    budget, refused, going = TokenBudget(100), [], threading.Event()

    def spend() -> None:
        for _ in range(20):
            try:
                budget.reserve(7, going)
            except ModelUnavailable:
                refused.append(1)
            else:
                budget.settle(7, 7)

    threads = [threading.Thread(target=spend) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 80 - 100 // 7
    budget.reserve(2, going)


def test_a_request_waits_for_those_under_way_before_it_is_refused(serve: Serve) -> None:
    stub, reader = serve(anna, token_budget=4000, batch=1, concurrency=8)
    stub.usage = 100
    # eight of them together would need more than there is, one after the other they do not
    found = reader.read([ReadRequest("Who?", (f"P{i} was born.",), "answer") for i in range(8)])
    assert [r.derivations[0].key.text for r in found] == [f"P{i}" for i in range(8)]
    assert reader.tally.tokens == 800


def test_who_waits_for_the_budget_can_be_stopped() -> None:
    budget, stop = TokenBudget(10), threading.Event()
    budget.reserve(8, stop)
    stop.set()
    with pytest.raises(Cancelled):
        budget.reserve(8, stop)


# ----------------------------------------------------------------------------------------------------------------- key


def test_the_key_is_sent_and_nothing_else_of_it_is_seen(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    def repeats_the_key(body: dict[str, Any], number: int) -> Any:
        return anna(body, number) if number == 1 else (404, {"error": {"message": f"key {SECRET} has no such model"}})

    stub, reader = serve(repeats_the_key, api_key=SECRET)
    reader.read([REQUEST])
    assert stub.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert SECRET not in json.dumps(stub.bodies) + "".join(stub.paths)
    with pytest.raises(ModelUnavailable, match="has no such model") as caught:
        reader.read([ReadRequest("Who?", ("Bo.",), "answer")])
    shown = "".join(traceback.format_exception(caught.value)) + repr(vars(caught.value))
    assert SECRET not in shown + reader.name + repr(reader) + repr(reader._client) + repr(reader.tally)
    assert SECRET.encode() not in pickle.dumps(caught.value)


def test_of_a_refused_key_nothing_is_repeated(serve: Serve) -> None:
    _, reader = serve(lambda body, number: (401, {"error": {"message": "bad key sk-very-…4711"}}), api_key=SECRET)
    with pytest.raises(ModelUnavailable) as caught:
        reader.read([REQUEST])
    assert "4711" not in str(caught.value)
    assert "NEURALDB_API_KEY" in str(caught.value)


def test_the_key_comes_from_the_environment(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NEURALDB_API_KEY", f"{SECRET}\n")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-of-another-service")
    stub, reader = serve(anna)
    reader.read([REQUEST])
    monkeypatch.delenv("NEURALDB_API_KEY")
    other, keyless = serve(anna)
    keyless.read([REQUEST])
    assert stub.headers[0]["Authorization"] == f"Bearer {SECRET}"
    assert "Authorization" not in other.headers[0]


@pytest.mark.parametrize("key", ["two words", "line\nend", "schlüssel"])
def test_a_key_that_is_none_is_refused_unseen(key: str) -> None:
    with pytest.raises(InterfaceError) as caught:
        EndpointReader("http://localhost/v1", "small", api_key=key)
    assert key not in str(caught.value)


def test_an_address_with_a_password_is_refused_unseen() -> None:
    with pytest.raises(InterfaceError) as caught:
        EndpointReader(f"http://me:{SECRET}@localhost/v1", "small")
    assert SECRET not in str(caught.value)


def test_what_an_address_asks_for_is_sent_and_not_shown(serve: Serve) -> None:
    with serving(anna) as stub:
        reader = EndpointReader(f"{stub.url}?token={SECRET}", "small")
        reader.read([REQUEST])
        reader.close()
    assert stub.paths == [f"/v1/chat/completions?token={SECRET}"]
    assert SECRET not in reader.name


def test_this_machine_is_not_asked_through_a_proxy(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.delenv("NO_PROXY", raising=False)
    _, reader = serve(anna, attempts=1)
    assert reader.read([REQUEST])[0].derivations


def test_what_is_this_machine() -> None:
    assert is_local("http://127.0.0.2:1/v1")
    assert not is_local("http://10.0.0.1/v1")
    assert not is_local("http://localhost.example.org/v1")
