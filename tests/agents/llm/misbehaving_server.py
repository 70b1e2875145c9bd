"""A server on the loopback that speaks chat completions, and misbehaves as servers in the field do, on request.

    with misbehaving_server(too_many(0.2), cut_short) as server:
        ...  # the first request is refused for 0.2 s, the second breaks off, all others are answered well

As a script it prints its address and serves well until it is killed: ``python misbehaving_server.py --latency 0.2``.
"""

import json
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import product


@dataclass(frozen=True)
class Asked:
    """One request as it arrived."""

    headers: dict[str, str]  # names in lower case
    body: dict
    at: float  # time.monotonic()

    @property
    def key(self):
        return self.headers.get("authorization", "").removeprefix("Bearer ")

    @property
    def form(self):
        if "tools" in self.body:
            return "tool"
        return self.body.get("response_format", {}).get("type", "text")

    @property
    def schema(self):
        wanted = self.body.get("response_format", {})
        if self.form == "tool":
            return self.body["tools"][0]["function"]["parameters"]
        return wanted.get("schema") or wanted.get("json_schema", {}).get("schema")


@dataclass(frozen=True)
class Answer:
    """What is sent back."""

    body: object = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    after: float = 0.0  # seconds
    sent: float = 1.0  # part of the body that is sent before the connection is dropped

    @property
    def content(self):
        return self.body if isinstance(self.body, bytes) else json.dumps(self.body).encode()


Behaviour = Callable[[Asked], Answer]

# Good answers.


def completion(message: dict | str, finish_reason: str = "stop", **more: object) -> dict:
    message = {"role": "assistant", "content": message} if isinstance(message, str) else message
    usage = {"prompt_tokens": 11, "completion_tokens": 7, "total_tokens": 18}
    choice = {"index": 0, "message": message, "finish_reason": finish_reason}
    return {"id": "1", "object": "chat.completion", "model": "fake-1", "choices": [choice], "usage": usage} | more


def first_legal(schema: dict | None) -> str:
    """The first of all replies that fit a schema of a world's actions; "Hello." without a schema."""
    if not schema:
        return "Hello."
    values = ((said["enum"] if "enum" in said else [said["minimum"]]) for said in schema["properties"].values())
    return json.dumps(dict(zip(schema["properties"], next(product(*values)), strict=True)))


def well(asked: Asked) -> Answer:
    """Answer with a legal reply, in the form that was asked for."""
    return tool_call(asked) if asked.form == "tool" else Answer(completion(first_legal(asked.schema)))


def saying(text: str) -> Behaviour:
    return lambda asked: Answer(completion(text))


# Bad ones.


def refusing(status: int, message: str, **headers: str) -> Behaviour:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return lambda asked: Answer({"error": {"message": message, "type": "fake"}}, status, named)


def too_many(seconds: float) -> Behaviour:
    return refusing(429, "Rate limit reached", Retry_After=str(seconds))


def too_many_until(seconds: float) -> Behaviour:
    """As a date, whose resolution is a second."""
    return lambda asked: refusing(429, "busy", Retry_After=formatdate(time.time() + seconds, usegmt=True))(asked)


broken = refusing(500, "Internal server error")
unavailable = refusing(503, "Overloaded, try again later")
unauthorised = refusing(401, "Incorrect API key provided")


def cut_short(asked: Asked) -> Answer:
    return Answer(completion("Hello."), sent=0.5)


def reset_connection(asked: Asked) -> Answer:
    return Answer(completion("Hello."), sent=0.0)


def slow(seconds: float) -> Behaviour:
    return lambda asked: Answer(completion("Hello."), after=seconds)


def malformed_json(asked: Asked) -> Answer:
    return Answer(b'{"choices": [{"message": {"content": "Hel')


def wrong_schema(asked: Asked) -> Answer:
    return Answer({"id": "1", "output": [{"text": "Hello."}]})


def not_an_object(asked: Asked) -> Answer:
    return Answer([1, 2, 3])


def empty_choices(asked: Asked) -> Answer:
    return Answer(completion("") | {"choices": []})


def error_under_success(asked: Asked) -> Answer:
    return Answer({"error": {"message": "Provider returned error", "code": 502}})


def no_usage(asked: Asked) -> Answer:
    body = completion("Hello.")
    del body["usage"]
    return Answer(body)


def tool_call(asked: Asked) -> Answer:
    """Call the function instead of saying anything."""
    function = {"name": "reply", "arguments": first_legal(asked.schema)}
    message = {"role": "assistant", "content": None, "tool_calls": [{"type": "function", "function": function}]}
    return Answer(completion(message, "tool_calls"))


def thinking_only(asked: Asked) -> Answer:
    """The tokens are used up before the answer begins."""
    message = {"role": "assistant", "content": "", "reasoning_content": "Let me see. If the other"}
    return Answer(completion(message, "length"))


def page(asked: Asked) -> Answer:
    """A proxy's page of HTML, under status 200."""
    return Answer(b"<html><body>Welcome</body></html>", content_type="text/html")


def plain_type(asked: Asked) -> Answer:
    """A good answer that is said to be plain text."""
    return Answer(well(asked).body, content_type="text/plain; charset=latin-1")


def echoing_key(status: int) -> Behaviour:
    """Repeat the key: in an error, in the answer, in a header, and with its slashes escaped."""

    def answer(asked: Asked) -> Answer:
        said = f"you sent {asked.headers['authorization']} to me"
        body = completion(said) if status == 200 else {"error": {"message": said, "param": asked.key}}
        return Answer(json.dumps(body).replace("/", "\\/").encode(), status, {"X-Echo": asked.key})

    return answer


def knowing_only(*forms: str, status: int = 400) -> Behaviour:
    """Refuse all forms of structured output but these, as servers do that do not know them."""

    def answer(asked: Asked) -> Answer:
        if asked.form in forms:
            return well(asked)
        return refusing(status, f"[{{'loc': ('body', 'response_format', 'type'), 'input': '{asked.form}'}}]")(asked)

    return answer


def silently_failing_on(*forms: str) -> Behaviour:
    return lambda asked: broken(asked) if asked.form in forms else well(asked)


def refusing_fields(*fields: str) -> Behaviour:
    def answer(asked: Asked) -> Answer:
        named = [name for name in fields if name in asked.body]
        return refusing(400, f"Unsupported parameter: '{named[0]}'")(asked) if named else well(asked)

    return answer


# The server.


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        asked = Asked({name.lower(): value for name, value in self.headers.items()}, body, time.monotonic())
        answer = self.server.behaviour_for(asked)(asked)
        time.sleep(answer.after)
        self.send(answer)

    def send(self, answer):
        content = answer.content
        if answer.sent:
            self.send_response(answer.status)
            for name, value in answer.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Type", answer.content_type)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: int(len(content) * answer.sent)])
        if answer.sent < 1:
            self.close_connection = True
            self.connection.shutdown(socket.SHUT_RDWR)

    def log_message(self, *args):
        pass


class MisbehavingServer(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 256

    def __init__(self, script=(), always: Behaviour = well):
        super().__init__(("127.0.0.1", 0), Handler)
        self.script = list(script)
        self.always = always
        self.requests: list[Asked] = []
        self.lock = threading.Lock()

    @property
    def base_url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def behaviour_for(self, asked: Asked) -> Behaviour:
        with self.lock:
            self.requests.append(asked)
            return self.script.pop(0) if self.script else self.always

    def handle_error(self, request, client_address):
        """A client that hung up is no news."""


@contextmanager
def misbehaving_server(*script: Behaviour, always: Behaviour = well) -> Iterator[MisbehavingServer]:
    server = MisbehavingServer(script, always)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield server
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def main():
    import argparse
    import random

    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--latency", type=float, default=0.0, help="mean seconds of an answer: half to one and a half")
    parser.add_argument("--slots", type=int, default=64, help="requests that are worked on at once")
    options = parser.parse_args()
    slots, spread = threading.Semaphore(options.slots), random.Random(1)

    def in_turn(asked: Asked) -> Answer:
        with slots:
            time.sleep(options.latency * spread.uniform(0.5, 1.5))
        return well(asked)

    server = MisbehavingServer(always=in_turn)
    print(server.base_url, flush=True)
    server.serve_forever()


if __name__ == "__main__":
    main()
