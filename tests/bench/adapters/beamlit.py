"""This project's Python package, with the platform's client credentials: one POST of JSON, no discovery."""

VENV, DISTS, IMPORT = "beamlit", ["beamlit-auth"], "import beamlit_auth"
# The package's names are loaded when they are first used.
IMPORT_ALSO = {"beamlit (Session)": "from beamlit_auth import Session"}
TRANSPORTS = ("http", "https")
METRICS = ("import", "cold", "hot", "fetch", "herd", "size")
TOKEN_PATH = "/oauth/token"
# A life of less than 5 s is taken for 5 s.
EXPIRED = 5.6


class Client:
    __slots__ = ("ready", "session", "settings", "url")


def make(token_url, client_id, client_secret, ca=None):
    from beamlit_auth import ClientCredentials

    client = Client()
    base = token_url.removesuffix(TOKEN_PATH)
    credential = ClientCredentials(client_id, client_secret, scope="api")
    client.settings = {"credential": credential, "api_url": base, "ca_file": ca}
    client.session, client.url, client.ready = open_session(client), base + "/models", []
    return client


def open_session(client):
    from beamlit_auth import Session

    return Session(**client.settings)


def headers(client):
    return client.session.headers(client.url)


# The floor is one function with one argument, and so is this.
def hot_call(client):
    return client.session.headers, client.url


# A token is never renewed by force, only after a 401, and for that once a minute at most: so each fetch is
# the second one of a session of its own, over the connection that the first has opened. Sessions are made
# ready together: the thread of the last one's first fetch has ended before its second is timed.
def before_refresh(client):
    # The last one's connection is closed before, not while the fetch is timed.
    del client.ready[-1:]
    if not client.ready:
        client.ready = [open_session(client) for _ in range(20)]
        for session in reversed(client.ready):
            session.headers(client.url)


def force_refresh(client):
    session = client.ready[-1]
    session.invalidate(session.headers(client.url))
    session.headers(client.url)
