"""Floor of the fetch in Python: one socket that is kept, a request made beforehand, no cache."""

import socket

VENV, FLOOR = "base", True
TRANSPORTS, METRICS = ("http", "https"), ("cold", "fetch")
LENGTH, TOKEN, END = b"content-length:", b'"access_token":"', b"\r\n\r\n"


class Client:
    __slots__ = ("ready", "request", "settings", "socket")


def make(token_url, client_id, client_secret, ca=None):
    client = Client()
    scheme, rest = token_url.split("://", 1)
    authority, path = rest.split("/", 1)
    host, port = authority.split(":")
    body = f"grant_type=client_credentials&client_id={client_id}&client_secret={client_secret}&scope=api"
    client.request = (
        f"POST /{path} HTTP/1.1\r\nHost: {authority}\r\nContent-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(body)}\r\n\r\n{body}"
    ).encode()
    client.socket = socket.create_connection((host, int(port)))
    client.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if scheme == "https":
        import ssl

        client.socket = ssl.create_default_context(cafile=ca).wrap_socket(client.socket, server_hostname=host)
    return client


def is_whole(answer):
    head = answer.find(END)
    if head < 0:
        return False
    length = answer.lower().find(LENGTH)
    return len(answer) >= head + len(END) + int(answer[length + len(LENGTH) : answer.find(b"\r", length)])


def force_refresh(client):
    client.socket.sendall(client.request)
    answer = client.socket.recv(65536)
    while not is_whole(answer):
        more = client.socket.recv(65536)
        if not more:
            raise OSError("closed")
        answer += more
    token = answer.index(TOKEN) + len(TOKEN)
    return {"Authorization": "Bearer " + answer[token : answer.index(b'"', token)].decode()}


headers = force_refresh
