"""Lists models with the credential of the environment, once under each header name.

`list_models.py METHOD NAME…`: METHOD is `api_key` (variable `BL_API_KEY`), `client_secret_basic` or
`client_secret_post` (variable `BL_CLIENT_CREDENTIALS`), or `login` (what `bl login` stored). Prints each
name with the status of the answer.
"""

import os
import sys

import requests

import beamlit_auth


def credential_of_environment(method: str) -> beamlit_auth.Credential | None:
    if method == "login":
        return None
    if method == "api_key":
        return beamlit_auth.ApiKey(os.environ["BL_API_KEY"])
    pair = os.environ["BL_CLIENT_CREDENTIALS"]
    return beamlit_auth.ClientCredentials.decode(pair, token_endpoint_auth_method=method)


def main(method: str, *names: str) -> None:
    answers = []
    for name in names:
        session = beamlit_auth.Session(credential=credential_of_environment(method), header=name)
        answer = requests.get(f"{session.api_url}/models", auth=session, timeout=30)
        answers.append(f"{name} {answer.status_code}")
    print(", ".join(answers))


if __name__ == "__main__":
    main(*sys.argv[1:])
