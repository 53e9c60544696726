"""Lists the models of a workspace with requests. The credential comes from the environment."""

import sys

import requests

import beamlit_auth


def main() -> int:
    with beamlit_auth.Session() as session:
        answer = requests.get(f"{session.api_url}/models", auth=session, timeout=30)
    answer.raise_for_status()
    for model in answer.json():
        print(model["metadata"]["name"])
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except beamlit_auth.BeamlitError as error:
        print(error, file=sys.stderr)
        sys.exit(error.exit_code)
