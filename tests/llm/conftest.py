"""The small model that `make llm` installs, in this process and behind a server."""

import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pytest

from dynenvs_agents.llm.llama_cpp import LlamaCppModel
from dynenvs_agents.llm.models import run
from dynenvs_agents.llm.openai_compat import OpenAICompatModel
from dynenvs_agents.llm.weights import weights_file


@pytest.fixture(scope="session")
def in_process():
    return LlamaCppModel("smollm2")


@pytest.fixture(scope="session")
def server(tmp_path_factory):
    """The address of llama.cpp's server on the loopback, as `make llm-serve` starts it."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "llama_cpp.server", "--model", str(weights_file("smollm2"))]
    command += ["--model_alias", "smollm2", "--host", "127.0.0.1", "--port", str(port), "--n_threads", "1"]
    command += ["--n_threads_batch", "1", "--n_ctx", "4096"]
    log = tmp_path_factory.mktemp("server") / "log.txt"
    with log.open("w") as written:
        process = subprocess.Popen(command, stdout=written, stderr=written)
    try:
        wait_until_it_answers(f"http://127.0.0.1:{port}/v1/models", process, log)
        yield f"http://127.0.0.1:{port}/v1"
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_it_answers(url, process, log, seconds=120):
    end = time.monotonic() + seconds
    while time.monotonic() < end and process.poll() is None:
        try:
            urllib.request.urlopen(url, timeout=5).close()
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise RuntimeError(f"the server did not start:\n{log.read_text()}")


@pytest.fixture(scope="session")
def over_http(server):
    model = OpenAICompatModel("smollm2", server, timeout=120)
    yield model
    run(model.aclose())


@pytest.fixture(params=["in_process", "over_http"])
def model(request):
    return request.getfixturevalue(request.param)
