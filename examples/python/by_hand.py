"""Lists the models of a workspace with the standard library: headers for one URL, a 401 healed by hand."""

import json
import urllib.error
import urllib.request

import beamlit_auth


def get(url: str, headers: beamlit_auth.Headers) -> bytes:
    request = urllib.request.Request(url)
    for name, value in headers.items():
        # The other `add_header` would send them to wherever a redirect points.
        request.add_unredirected_header(name, value)
    with urllib.request.urlopen(request, timeout=30) as answer:
        body: bytes = answer.read()
    return body


def main() -> None:
    with beamlit_auth.Session() as session:
        url = f"{session.api_url}/models"
        headers = session.headers(url)
        try:
            body = get(url, headers)
        except urllib.error.HTTPError as error:
            # An API key is as good as it was: then there is nothing else to try.
            if error.code != 401 or not session.invalidate(headers):
                raise
            body = get(url, session.headers(url))
    for model in json.loads(body):
        print(model["metadata"]["name"])


if __name__ == "__main__":
    main()
