"""What a buyer can do: run Python in a workspace's kernel, through the address and secret the portal hands out."""

import json
import uuid
from typing import Any
from urllib.parse import urlsplit

import httpx
import websocket


def run(endpoint: dict[str, Any], code: str, seconds: float = 60) -> str:
    """Printed output, or the name of the exception that ended the code; all calls share the workspace's one kernel."""
    base, headers = _base(endpoint), {"Authorization": f"token {endpoint['secret']}"}
    with httpx.Client(base_url=f"http://{base}", headers=headers, timeout=seconds, trust_env=False) as client:
        running = client.get("/api/kernels").raise_for_status().json()
        kernel = running[0] if running else client.post("/api/kernels", json={}).raise_for_status().json()
    return _execute(f"ws://{base}/api/kernels/{kernel['id']}/channels", headers, code, seconds)


def get(endpoint: dict[str, Any], path: str) -> httpx.Response:
    return httpx.get(f"http://{_base(endpoint)}{path}", params={"token": endpoint["secret"]}, trust_env=False)


def answers(endpoint: dict[str, Any]) -> bool:
    try:
        return get(endpoint, "/lab").status_code == 200
    except httpx.HTTPError:
        return False


def _base(endpoint: dict[str, Any]) -> str:
    return urlsplit(endpoint["url"]).netloc


def _execute(url: str, headers: dict[str, str], code: str, seconds: float) -> str:
    socket = websocket.create_connection(url, header=headers, timeout=seconds)
    try:
        message = uuid.uuid4().hex
        header = {
            "msg_id": message,
            "msg_type": "execute_request",
            "username": "",
            "session": message,
            "version": "5.3",
        }
        content = {"code": code, "silent": False, "store_history": False, "allow_stdin": False}
        request = {"header": header, "parent_header": {}, "metadata": {}, "content": content, "channel": "shell"}
        socket.send(json.dumps(request))
        printed = ""
        while True:
            answer = json.loads(socket.recv())
            if answer["parent_header"].get("msg_id") != message:
                continue
            if answer["msg_type"] == "stream":
                printed += answer["content"]["text"]
            elif answer["msg_type"] == "error":
                return str(answer["content"]["ename"])
            elif answer["msg_type"] == "status" and answer["content"]["execution_state"] == "idle":
                return printed.strip()
    finally:
        socket.close()
